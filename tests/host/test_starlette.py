"""Athena Auth mounted in Starlette, whose handlers await a guard with the request."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan
from starlette.websockets import WebSocket

from athena_auth import Athena, load_settings
from support.hosts import (
    ELSEWHERE,
    GuardContract,
    Host,
    assert_refused,
    athena_over,
    cookies_of,
    host_over,
    lifespan_of,
    open_websocket,
)
from support.person import sign_up
from support.postgres import PostgresServer
from support.world import ORIGIN, SECRET


def routes(athena: Athena) -> list[Route | WebSocketRoute | Mount]:
    """Return the routes of the contract, a WebSocket, an endpoint of a class, and the server."""
    second_factor = athena.require(level=2)
    fresh = athena.require(level=2, fresh=600)

    async def account(request: Request) -> Response:
        principal = await athena.session(request)
        return JSONResponse({"email": principal.user.email})

    async def vault(request: Request) -> Response:
        await second_factor(request)
        return JSONResponse({})

    async def transfer(request: Request) -> Response:
        await fresh(request)
        return JSONResponse({})

    async def live(socket: WebSocket) -> None:
        principal = await athena.session(socket)
        await socket.accept()
        await socket.send_json({"email": principal.user.email})

    class OfAClass(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            principal = await athena.session(request)
            return JSONResponse({"level": principal.session.level, "amr": principal.session.amr})

    return [
        Route("/account", account, methods=["GET", "POST"]),
        Route("/vault", vault),
        Route("/transfer", transfer, methods=["POST"]),
        Route("/of-a-class", OfAClass),
        WebSocketRoute("/live", live),
        Mount("/api/auth", athena.asgi),
    ]


def host_application(athena: Athena, lifespan: Lifespan[Starlette] | None = None) -> Starlette:
    handlers = athena.exception_handlers
    return Starlette(routes=routes(athena), lifespan=lifespan or athena.lifespan, exception_handlers=handlers)


def without_handlers(athena: Athena) -> Starlette:
    return Starlette(routes=routes(athena), lifespan=athena.lifespan)


@pytest_asyncio.fixture
async def host(postgres_url: str) -> AsyncIterator[Host]:
    async with host_over(postgres_url, host_application) as running:
        yield running


@pytest_asyncio.fixture
async def sqlite_host(sqlite_url: str) -> AsyncIterator[Host]:
    """Run the host over SQLite, for what no database can change."""
    async with host_over(sqlite_url, host_application) as running:
        yield running


class TestGuards(GuardContract):
    """The contract of all hosts."""


async def test_an_endpoint_sees_what_stands_behind_the_session(sqlite_host: Host) -> None:
    ada = await sign_up(sqlite_host)
    assert (await ada.client.get(f"{ORIGIN}/of-a-class")).json() == {"level": 1, "amr": ["pwd"]}

    await ada.turn_on_totp()

    assert (await ada.client.get(f"{ORIGIN}/of-a-class")).json() == {"level": 2, "amr": ["pwd", "otp"]}


async def test_a_web_socket_opens_with_a_session_and_from_this_site_only(host: Host) -> None:
    ada = await sign_up(host)
    browser = await host.browser()
    await ada.sign_in(browser)
    cookie = {"cookie": cookies_of(browser)}

    accepted, said, *_ = await open_websocket(host.app, "/live", authorization=f"Bearer {ada.token}")
    assert (accepted["type"], said["text"]) == ("websocket.accept", '{"email":"ada@example.com"}')
    accepted, *_ = await open_websocket(host.app, "/live", **cookie, origin=ORIGIN)
    assert accepted["type"] == "websocket.accept"
    closed = {"type": "websocket.close", "code": 1008}
    assert await open_websocket(host.app, "/live") == [closed | {"reason": "UNAUTHORIZED"}]
    for headers, code in (
        (cookie, "MISSING_OR_NULL_ORIGIN"),
        (cookie | {"origin": ELSEWHERE}, "INVALID_ORIGIN"),
    ):
        refused = await open_websocket(host.app, "/live", **headers)
        assert refused == [closed | {"reason": code}]


async def test_a_host_without_the_handlers_answers_in_its_own_shape(sqlite_url: str) -> None:
    app = without_handlers(athena_over(sqlite_url))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        signed_out = await client.get("/account")
        not_started = await client.get("/account", headers={"authorization": f"Bearer {'x' * 43}"})

    assert (signed_out.status_code, signed_out.text) == (401, "You are not signed in. Sign in first.")
    assert (not_started.status_code, not_started.headers["retry-after"]) == (503, "1")


async def test_the_host_s_lifespan_goes_around_the_server_s(database_url: str) -> None:
    seen: list[str] = []

    def build(athena: Athena) -> ASGIApp:
        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            async with athena.lifespan():
                yield
                found = await athena.users.find("ada@example.com")
                seen.append("" if found is None else found.email)

        return host_application(athena, lifespan)

    async with host_over(database_url, build) as host:
        await sign_up(host)

    assert seen == ["ada@example.com"]


async def test_a_forgotten_lifespan_is_said(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    athena = athena_over(database_url)
    app = Starlette(routes=routes(athena), exception_handlers=athena.exception_handlers)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        client.headers["authorization"] = f"Bearer {'x' * 43}"
        for path in ("/account", "/api/auth/get-session"):
            assert_refused(await client.get(path), 503, "SERVICE_UNAVAILABLE")

    said = [record for record in caplog.records if "run the server's lifespan" in record.message]
    assert [record.levelno for record in said] == [logging.WARNING] * 2


async def test_an_empty_database_is_brought_up_to_date_at_the_start(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    for url in (f"sqlite:///{tmp_path / 'new.db'}", postgres_server.empty_database()):
        athena = Athena(load_settings(secret=SECRET, database_url=url))
        async with lifespan_of(host_application(athena)):
            assert await athena.users.find("ada@example.com") is None


async def test_hosts_that_start_at_once_over_one_database_take_turns(postgres_server: PostgresServer) -> None:
    settings = load_settings(secret=SECRET, database_url=postgres_server.empty_database())
    athenas = [Athena(settings) for _ in range(4)]
    async with AsyncExitStack() as running:
        starts = [running.enter_async_context(lifespan_of(host_application(athena))) for athena in athenas]
        await asyncio.gather(*starts)

        created = await athenas[0].users.create(email="ada@example.com", name="Ada")
        found = [await athena.users.find("ada@example.com") for athena in athenas]

    assert found == [created] * 4
