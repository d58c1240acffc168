"""Guards for Litestar handlers, and the plugin."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest_asyncio
from litestar import Litestar, WebSocket, get, post, websocket
from litestar.config.csrf import CSRFConfig
from litestar.di import NamedDependency, Provide

from athena_auth import Athena, Principal
from athena_auth.integrations.litestar import AthenaPlugin, guarded
from support.hosts import (
    ELSEWHERE,
    GuardContract,
    Host,
    assert_refused,
    cookies_of,
    host_over,
    open_websocket,
)
from support.person import sign_up
from support.world import ORIGIN


def host_application(athena: Athena) -> Litestar:
    """Return an application with the routes of the contract, and a WebSocket."""
    session = guarded(athena.session)

    @get("/account", guards=[session])
    async def account(principal: NamedDependency[Principal]) -> dict[str, str]:
        return {"email": principal.user.email}

    @post("/account", guards=[session], status_code=200)
    async def change(principal: NamedDependency[Principal]) -> dict[str, str]:
        return {"email": principal.user.email}

    @get("/vault", guards=[guarded(athena.require(level=2))])
    async def vault() -> dict[str, str]:
        return {}

    @post("/transfer", guards=[guarded(athena.require(level=2, fresh=600))], status_code=200)
    async def transfer(principal: NamedDependency[Principal]) -> dict[str, str]:
        return {"email": principal.user.email}

    @get("/whoever")
    async def whoever(principal: NamedDependency[Principal]) -> dict[str, str]:
        return {"email": principal.user.email}

    @websocket("/live", guards=[session])
    async def live(socket: WebSocket[Any, Any, Any], principal: NamedDependency[Principal]) -> None:
        await socket.accept()
        await socket.send_json({"email": principal.user.email})
        await socket.close()

    return Litestar([account, change, vault, transfer, whoever, live], plugins=[AthenaPlugin(athena)])


@pytest_asyncio.fixture
async def host(postgres_url: str) -> AsyncIterator[Host]:
    async with host_over(postgres_url, host_application) as running:
        yield running


class TestGuards(GuardContract):
    """The contract of all hosts."""


@get("/unguarded")
async def unguarded() -> dict[str, str]:
    return {}


async def test_a_web_socket_opens_for_whoever_is_signed_in(host: Host) -> None:
    ada = await sign_up(host)

    sent = await open_websocket(host.app, "/live", authorization=f"Bearer {ada.token}")

    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert json.loads(sent[1]["text"]) == {"email": "ada@example.com"}


async def test_a_web_socket_is_refused_before_it_is_accepted(host: Host) -> None:
    assert await open_websocket(host.app, "/live") == [
        {"type": "websocket.close", "code": 1008, "reason": "UNAUTHORIZED"}
    ]


async def test_a_web_socket_that_a_page_of_another_site_opens_is_refused(host: Host) -> None:
    ada = await sign_up(host)
    browser = await host.browser()
    await ada.sign_in(browser)
    cookie = cookies_of(browser)

    assert (await open_websocket(host.app, "/live", cookie=cookie, origin=ORIGIN))[0][
        "type"
    ] == "websocket.accept"
    refused = {"type": "websocket.close", "code": 1008, "reason": "INVALID_ORIGIN"}
    assert await open_websocket(host.app, "/live", cookie=cookie, origin=ELSEWHERE) == [refused]


async def test_a_handler_without_a_guard_asks_who_is_signed_in(host: Host) -> None:
    ada = await sign_up(host)

    assert (await ada.client.get(f"{ORIGIN}/whoever")).json() == {"email": "ada@example.com"}
    assert_refused(await (await host.client()).get(f"{ORIGIN}/whoever"), 401, "UNAUTHORIZED")


async def test_a_refusal_inside_a_handler_is_its_answer(sqlite_url: str) -> None:
    def build(athena: Athena) -> Litestar:
        @get("/nobody")
        async def nobody() -> None:
            await athena.users.revoke_sessions("nobody")

        return Litestar([nobody], plugins=[AthenaPlugin(athena)])

    async with host_over(sqlite_url, build) as host:
        assert_refused(await (await host.client()).get(f"{ORIGIN}/nobody"), 404, "USER_NOT_FOUND")


async def test_an_application_guarded_as_a_whole_lets_people_sign_in(sqlite_url: str) -> None:
    def build(athena: Athena) -> Litestar:
        protection = CSRFConfig(secret="of-the-host", cookie_name="csrf")
        plugins = [AthenaPlugin(athena)]
        return Litestar(
            [unguarded], guards=[guarded(athena.session)], csrf_config=protection, plugins=plugins
        )

    async with host_over(sqlite_url, build) as host:
        ada = await sign_up(host)

        assert (await ada.client.get(f"{ORIGIN}/unguarded")).status_code == 200
        assert_refused(await (await host.client()).get(f"{ORIGIN}/unguarded"), 401, "UNAUTHORIZED")


async def test_accounts_are_there_while_the_host_s_own_lifespan_runs(sqlite_url: str) -> None:
    def build(athena: Athena) -> Litestar:
        @asynccontextmanager
        async def own(_app: Litestar) -> AsyncIterator[None]:
            await athena.users.create(email="root@example.com", name="Root")
            yield
            assert await athena.users.find("root@example.com")

        return Litestar([unguarded], lifespan=[own], plugins=[AthenaPlugin(athena)])

    async with host_over(sqlite_url, build) as host:
        assert await host.athena.users.find("root@example.com")


async def test_what_the_host_calls_principal_stays_what_it_is(sqlite_url: str) -> None:
    async def school() -> str:
        return "the head of a school"

    @get("/school")
    async def head(principal: NamedDependency[str]) -> str:
        return principal

    def build(athena: Athena) -> Litestar:
        own = {"principal": Provide(school)}
        return Litestar([head], dependencies=own, plugins=[AthenaPlugin(athena)])

    async with host_over(sqlite_url, build) as host:
        assert (await (await host.client()).get(f"{ORIGIN}/school")).text == "the head of a school"


async def test_nobody_is_taken_for_who_came_before_her_on_a_connection(host: Host) -> None:
    """Some servers share the state of a scope between the requests of a connection: a proxy's are many people's."""
    ada = await sign_up(host)
    shared: dict[str, Any] = {}

    async def with_shared_state(scope: Any, receive: Any, send: Any) -> None:
        await host.app({**scope, "state": shared}, receive, send)
        shared.pop("_ls_connection_state")  # Litestar's own, which would not bear it

    transport = httpx.ASGITransport(with_shared_state)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as proxy:
        hers = await proxy.get("/account", headers={"authorization": f"Bearer {ada.token}"})
        nobodys = await proxy.get("/whoever")

    assert hers.json() == {"email": ada.email}
    assert_refused(nobodys, 401, "UNAUTHORIZED")
