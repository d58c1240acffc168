"""Athena Auth mounted in FastAPI: guards as dependencies, WebSockets, and the host's own settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
import pytest_asyncio
from fastapi import Depends, FastAPI, WebSocket
from starlette.types import ASGIApp

from athena_auth import Athena, Principal
from support.hosts import (
    ELSEWHERE,
    GuardContract,
    Host,
    assert_refused,
    cookies_of,
    drop_database,
    host_over,
    open_websocket,
    open_websocket_at_uvicorn,
)
from support.person import PASSWORD, sign_up
from support.world import ORIGIN

DAY = 86_400


def routes(app: FastAPI, athena: Athena) -> FastAPI:
    """Add the routes of the contract, some of a kind of their own, and the server."""
    signed_in = Annotated[Principal, Depends(athena.session)]

    @app.get("/account")
    @app.post("/account")
    async def account(principal: signed_in) -> dict[str, str]:
        return {"email": principal.user.email}

    @app.get("/vault", dependencies=[Depends(athena.require(level=2))])
    async def vault() -> dict[str, str]:
        return {}

    @app.post("/transfer", dependencies=[Depends(athena.require(level=2, fresh=600))])
    async def transfer() -> dict[str, str]:
        return {}

    @app.post("/address", dependencies=[Depends(athena.require(fresh=600))])
    async def change_address() -> dict[str, str]:
        return {}

    @app.websocket("/live")
    async def live(socket: WebSocket, principal: signed_in) -> None:
        await socket.accept()
        await socket.send_json({"email": principal.user.email})

    app.mount("/api/auth", athena.asgi)
    return app


def host_application(athena: Athena) -> FastAPI:
    handlers = athena.exception_handlers
    return routes(FastAPI(lifespan=athena.lifespan, exception_handlers=handlers), athena)


def without_handlers(athena: Athena) -> FastAPI:
    return routes(FastAPI(lifespan=athena.lifespan), athena)


@pytest_asyncio.fixture
async def host(postgres_url: str) -> AsyncIterator[Host]:
    async with host_over(postgres_url, host_application) as running:
        yield running


@pytest_asyncio.fixture
async def either(database_url: str) -> AsyncIterator[Host]:
    """Run the host over each kind of database in turn."""
    async with host_over(database_url, host_application) as running:
        yield running


@pytest_asyncio.fixture
async def sqlite_host(sqlite_url: str) -> AsyncIterator[Host]:
    """Run the host over SQLite, for what no database can change."""
    async with host_over(sqlite_url, host_application) as running:
        yield running


class TestGuards(GuardContract):
    """The contract of all hosts."""


@pytest.mark.parametrize("origin", [None, ELSEWHERE, "null"])
async def test_a_cookie_changes_nothing_unless_this_site_sent_it(
    sqlite_host: Host, origin: str | None
) -> None:
    ada = await sign_up(sqlite_host)
    browser = await sqlite_host.client()
    await ada.sign_in(browser)
    headers = {} if origin is None else {"origin": origin}

    assert (await browser.get(f"{ORIGIN}/account", headers=headers)).status_code == 200
    code = "MISSING_OR_NULL_ORIGIN" if origin in {None, "null"} else "INVALID_ORIGIN"
    assert_refused(await browser.post(f"{ORIGIN}/account", headers=headers), 403, code)
    assert (await browser.post(f"{ORIGIN}/account", headers={"origin": ORIGIN})).status_code == 200
    assert (await ada.client.post(f"{ORIGIN}/account", headers=headers)).status_code == 200, "a bearer"


async def test_a_token_that_is_wrong_is_not_made_good_by_a_cookie(sqlite_host: Host) -> None:
    ada = await sign_up(sqlite_host)
    browser = await sqlite_host.browser()
    await ada.sign_in(browser)

    answer = await browser.get(f"{ORIGIN}/account", headers={"authorization": f"Bearer {'x' * 43}"})

    assert_refused(answer, 401, "UNAUTHORIZED")


async def test_the_challenge_of_a_browser_opens_nothing(sqlite_host: Host) -> None:
    ada = await sign_up(sqlite_host)
    await ada.turn_on_totp()
    browser = await sqlite_host.browser()
    await ada.sign_in(browser)
    assert "athena-auth.two_factor" in browser.cookies

    assert_refused(await browser.get(f"{ORIGIN}/account"), 401, "UNAUTHORIZED")


async def test_a_fresh_proof_without_a_factor_is_another_sign_in(either: Host) -> None:
    ada = await sign_up(either)
    assert (await ada.client.post(f"{ORIGIN}/address")).status_code == 200

    either.clock.advance(601)
    assert_refused(await ada.client.post(f"{ORIGIN}/address"), 403, "SIGN_IN_AGAIN")

    again = await either.bearer((await ada.sign_in()).json()["token"])
    assert (await again.post(f"{ORIGIN}/address")).status_code == 200
    await ada.turn_on_totp()
    either.clock.advance(601)
    assert_refused(await ada.client.post(f"{ORIGIN}/address"), 403, "STEP_UP_REQUIRED")


async def test_a_password_given_again_is_no_second_factor(either: Host) -> None:
    ada = await sign_up(either)
    await ada.turn_on_totp()
    either.clock.advance(601)

    assert (await ada.post("/two-factor/disable", password=PASSWORD)).status_code == 403

    assert_refused(await ada.client.post(f"{ORIGIN}/transfer"), 403, "STEP_UP_REQUIRED")


@pytest.mark.parametrize("end", ["sign-out", "revoke-sessions", "by an operator"])
async def test_a_session_that_has_ended_opens_nothing(either: Host, end: str) -> None:
    ada = await sign_up(either)
    other = await either.bearer((await ada.sign_in()).json()["token"])
    assert (await other.get(f"{ORIGIN}/account")).status_code == 200

    if end == "by an operator":
        user_id = (await ada.session())["user"]["id"]
        await either.athena.users.revoke_sessions(user_id)
    else:
        (await (other if end == "sign-out" else ada.client).post(f"/{end}")).raise_for_status()

    assert_refused(await other.get(f"{ORIGIN}/account"), 401, "UNAUTHORIZED")


async def test_guards_move_the_expiry_of_a_bearer_s_session(either: Host) -> None:
    ada = await sign_up(either)
    for _ in range(10):
        either.clock.advance(2 * DAY)
        assert (await ada.client.get(f"{ORIGIN}/account")).status_code == 200

    either.clock.advance(7 * DAY + 1)
    assert_refused(await ada.client.get(f"{ORIGIN}/account"), 401, "UNAUTHORIZED")


async def test_get_session_renews_the_cookie_that_guards_cannot(either: Host) -> None:
    """Moved on without its cookie, a session would outlive what the browser keeps of it."""
    ada = await sign_up(either)
    renewed, guarded = await either.browser(), await either.browser()
    await ada.sign_in(renewed)
    await ada.sign_in(guarded)

    either.clock.advance(5 * DAY)
    assert "set-cookie" not in (await guarded.get(f"{ORIGIN}/account")).headers
    assert "Max-Age=604800" in (await renewed.get("/get-session")).headers["set-cookie"]
    either.clock.advance(3 * DAY)

    assert (await renewed.get(f"{ORIGIN}/account")).status_code == 200
    assert_refused(await guarded.get(f"{ORIGIN}/account"), 401, "UNAUTHORIZED")


async def test_a_host_without_the_handlers_answers_in_its_own_shape(postgres_url: str) -> None:
    async with host_over(postgres_url, without_handlers) as host:
        ada = await sign_up(host)
        signed_out = await (await host.client()).get(f"{ORIGIN}/account")
        weak = await ada.client.get(f"{ORIGIN}/vault")
        await drop_database(postgres_url)
        gone = await ada.client.get(f"{ORIGIN}/account")

    assert (signed_out.status_code, signed_out.json()) == (
        401,
        {"detail": "You are not signed in. Sign in first."},
    )
    assert (weak.status_code, list(weak.json())) == (403, ["detail"])
    assert (gone.status_code, gone.headers["retry-after"]) == (503, "2")


async def test_a_web_socket_opens_for_whoever_is_signed_in(host: Host) -> None:
    ada = await sign_up(host)
    browser = await host.browser()
    await ada.sign_in(browser)
    by_cookie = {"cookie": cookies_of(browser), "origin": ORIGIN}

    for headers in ({"authorization": f"Bearer {ada.token}"}, by_cookie):
        accepted, said, *_ = await open_websocket(host.app, "/live", **headers)
        assert (accepted["type"], said["text"]) == ("websocket.accept", '{"email":"ada@example.com"}')


async def test_a_web_socket_is_refused_before_it_is_accepted(host: Host) -> None:
    ada = await sign_up(host)
    browser = await host.browser()
    await ada.sign_in(browser)
    refused: list[tuple[dict[str, str], str]] = [
        ({}, "UNAUTHORIZED"),
        ({"authorization": f"Bearer {'x' * 43}"}, "UNAUTHORIZED"),
        ({"cookie": cookies_of(browser)}, "MISSING_OR_NULL_ORIGIN"),
        ({"cookie": cookies_of(browser), "origin": ELSEWHERE}, "INVALID_ORIGIN"),
    ]

    for headers, code in refused:
        closed = {"type": "websocket.close", "code": 1008, "reason": code}
        assert await open_websocket(host.app, "/live", **headers) == [closed]
        start, body = await open_websocket_at_uvicorn(host.app, "/live", **headers)
        assert start["type"] == "websocket.http.response.start"
        assert start["status"] in {401, 403}
        assert f'"{code}"'.encode() in body["body"]


async def test_a_web_socket_of_a_host_without_the_handlers_stays_shut(sqlite_url: str) -> None:
    async with host_over(sqlite_url, without_handlers) as host:
        start, *_ = await open_websocket_at_uvicorn(host.app, "/live")

    assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)


async def test_the_host_s_lifespan_goes_around_the_server_s(database_url: str) -> None:
    root = {"email": "root@example.com", "password": PASSWORD}

    def build(athena: Athena) -> ASGIApp:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            async with athena.lifespan():
                await athena.users.create(name="Root", email=root["email"], password=root["password"])
                yield

        return routes(FastAPI(lifespan=lifespan, exception_handlers=athena.exception_handlers), athena)

    async with host_over(database_url, build) as host:
        signed_in = await (await host.client()).post("/sign-in/email", json=root)
        client = await host.bearer(signed_in.json()["token"])
        assert (await client.get(f"{ORIGIN}/account")).json() == {"email": "root@example.com"}


async def test_the_api_answers_all_eight_calls_below_the_mount(either: Host) -> None:
    ada = await sign_up(either)
    begun = await ada.enable()
    shown = await ada.post("/two-factor/get-totp-uri", password=PASSWORD)
    confirmed = await ada.post("/two-factor/verify-totp", code=ada.code())
    sent = await ada.post("/two-factor/send-otp")
    by_mail = await ada.post("/two-factor/verify-otp", code=await either.mailbox.code_for(ada.email))
    by_backup = await ada.post("/two-factor/verify-backup-code", code=ada.backup_codes[0])
    renewed = await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)
    ended = await ada.post("/two-factor/disable", password=PASSWORD)

    answers = [begun, shown, confirmed, sent, by_mail, by_backup, renewed, ended]
    assert [answer.status_code for answer in answers] == [200] * 8, [answer.text for answer in answers]
    assert begun.json()["totpURI"] == shown.json()["totpURI"]
    assert by_mail.json()["token"] == ada.token


async def test_both_describe_themselves(sqlite_host: Host) -> None:
    client = await sqlite_host.client()

    module = await client.get("/client.js")
    ours = (await client.get("/openapi.json")).json()
    theirs = (await client.get(f"{ORIGIN}/openapi.json")).json()

    assert module.headers["content-type"].startswith("text/javascript")
    assert "/two-factor/verify-totp" in ours["paths"]
    assert set(theirs["paths"]) == {"/account", "/vault", "/transfer", "/address"}
    assert "parameters" not in theirs["paths"]["/account"]["get"], "a guard is no parameter"
    assert "swagger" in (await client.get(f"{ORIGIN}/docs")).text.lower()
