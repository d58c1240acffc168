"""Host applications: they mount the server, and its guards protect their routes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
from starlette.types import ASGIApp, Message

from athena_auth import Athena, Settings
from athena_auth.settings import BASE_PATH
from support.clock import FakeClock
from support.mailbox import Mailbox
from support.person import Person, sign_up
from support.world import ORIGIN, QUICK_HASHER, SECRET, World

ELSEWHERE = "https://evil.example"


@dataclass
class Host(World):
    """A world whose server is mounted in an application; all clients call that application."""

    app: ASGIApp = field(kw_only=True)

    async def client(self, **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 50_000))
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN + BASE_PATH, headers=headers)
        return await self._clients.enter_async_context(client)


def athena_over(database_url: str, **parts: Any) -> Athena:
    """Return a server that has not started."""
    chosen: dict[str, Any] = {
        "secret": SECRET,
        "database_url": database_url,
        "rate_limit": "off",
        "_env_file": None,
    }
    return Athena(Settings(**chosen), hasher=QUICK_HASHER, migrates=False, **parts)


@asynccontextmanager
async def host_over(database_url: str, build: Callable[[Athena], Any]) -> AsyncIterator[Host]:
    """Run the application that `build` returns, its lifespan included."""
    clock, mailbox = FakeClock(), Mailbox()
    athena = athena_over(database_url, clock=clock, transport=mailbox)
    host = Host(athena, clock, mailbox, database_url, app=build(athena))
    async with lifespan_of(host.app), host._clients:  # noqa: SLF001 - a subclass of World
        yield host


@asynccontextmanager
async def lifespan_of(app: ASGIApp) -> AsyncIterator[None]:
    """Start and stop an application as a server does."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    lifespan = asyncio.ensure_future(app(scope, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    assert (await from_app.get())["type"] == "lifespan.startup.complete"
    try:
        yield
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        assert (await from_app.get())["type"] == "lifespan.shutdown.complete"
        await lifespan


async def drop_database(url: str) -> None:
    """Drop a PostgreSQL database while the server uses it."""
    parts = urlsplit(url)
    connection = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    try:
        await connection.execute(f'DROP DATABASE "{parts.path[1:]}" WITH (FORCE)')
    finally:
        await connection.close()


async def open_websocket(app: ASGIApp, path: str, **headers: str) -> list[Message]:
    """Open a WebSocket with these headers, then disconnect; return the ASGI messages that the application sent."""
    return await _open_websocket(app, path, headers, {})


async def open_websocket_at_uvicorn(app: ASGIApp, path: str, **headers: str) -> list[Message]:
    """Do the same under a server that can answer a handshake with an HTTP response, as uvicorn can."""
    return await _open_websocket(app, path, headers, {"websocket.http.response": {}})


async def _open_websocket(
    app: ASGIApp, path: str, headers: dict[str, str], extensions: dict[str, dict[str, str]]
) -> list[Message]:
    sent: list[Message] = []
    to_app: list[Message] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}]
    lines = {"host": urlsplit(ORIGIN).netloc, **headers}
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in lines.items()],
        "client": ("127.0.0.1", 50_000),
        "subprotocols": [],
        "extensions": extensions,
    }

    async def receive() -> Message:
        return to_app.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


def cookies_of(browser: httpx.AsyncClient) -> str:
    """Return the Cookie header that a browser would send."""
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def assert_refused(answer: httpx.Response, status: int, code: str) -> None:
    """Assert that this is a refusal with this status and code, in the format that all refusals have."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert set(answer.json()) == {"message", "code"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


async def sign_in_where_trusted(ada: Person) -> httpx.AsyncClient:
    """Return a browser that Ada trusted earlier with a second factor, and has now signed in with the password alone."""
    browser = await ada.world.browser()
    await ada.sign_in(browser)
    body = {"code": ada.backup_codes.pop(), "trustDevice": True}
    (await browser.post("/two-factor/verify-backup-code", json=body)).raise_for_status()
    await browser.post("/sign-out")
    signed_in = await ada.sign_in(browser)
    assert "twoFactorRedirect" not in signed_in.json(), signed_in.text
    return browser


class GuardContract:
    """What the guards do under every framework; the test module of each inherits this class.

    Its fixture `host` is an application on PostgreSQL with `/account` (GET and POST, `athena.session`), which returns
    `{"email": …}` of the session's owner; `/vault` (GET, `level=2`) and `/transfer` (POST, `level=2, fresh=600`).
    """

    async def test_signed_out(self, host: Host) -> None:
        answer = await (await host.client()).get(f"{ORIGIN}/account")

        assert_refused(answer, 401, "UNAUTHORIZED")

    async def test_signed_out_in_the_language_of_the_caller(self, host: Host) -> None:
        stranger = await host.client(**{"accept-language": "de"})

        answer = await stranger.get(f"{ORIGIN}/account")

        assert_refused(answer, 401, "UNAUTHORIZED")
        assert answer.json()["message"] == "Sie sind nicht angemeldet. Melden Sie sich zuerst an."
        assert answer.headers["content-language"] == "de"

    async def test_a_bearer_token_grants_access(self, host: Host) -> None:
        ada = await sign_up(host)

        answer = await ada.client.get(f"{ORIGIN}/account")

        assert (answer.status_code, answer.json()) == (200, {"email": "ada@example.com"})
        assert_refused(await (await host.bearer("x" * 43)).get(f"{ORIGIN}/account"), 401, "UNAUTHORIZED")

    async def test_a_challenge_grants_no_access(self, host: Host) -> None:
        ada = await sign_up(host)
        await ada.turn_on_totp()

        pending = await host.bearer(await ada.challenge())

        assert_refused(await pending.get(f"{ORIGIN}/account"), 401, "UNAUTHORIZED")

    async def test_a_cookie_grants_access_from_this_site_only(self, host: Host) -> None:
        ada = await sign_up(host)
        browser = await host.browser()
        await ada.sign_in(browser)

        assert (await browser.get(f"{ORIGIN}/account")).json() == {"email": "ada@example.com"}
        assert (await browser.post(f"{ORIGIN}/account")).json() == {"email": "ada@example.com"}
        forged = await browser.post(f"{ORIGIN}/account", headers={"origin": ELSEWHERE})
        assert_refused(forged, 403, "INVALID_ORIGIN")

    async def test_a_second_factor_is_enrolled_and_verified_again_when_it_is_not_recent(
        self, host: Host
    ) -> None:
        ada = await sign_up(host)
        assert_refused(await ada.client.get(f"{ORIGIN}/vault"), 403, "ENROLMENT_REQUIRED")
        assert_refused(await ada.client.post(f"{ORIGIN}/transfer"), 403, "ENROLMENT_REQUIRED")

        await ada.turn_on_totp()
        assert (await ada.client.get(f"{ORIGIN}/vault")).status_code == 200
        assert (await ada.client.post(f"{ORIGIN}/transfer")).status_code == 200

        host.clock.advance(601)
        assert (await ada.client.get(f"{ORIGIN}/vault")).status_code == 200
        assert_refused(await ada.client.post(f"{ORIGIN}/transfer"), 403, "STEP_UP_REQUIRED")

        (await ada.post("/two-factor/verify-totp", code=ada.code())).raise_for_status()
        assert (await ada.client.post(f"{ORIGIN}/transfer")).status_code == 200

    async def test_a_trusted_device_is_no_fresh_factor(self, host: Host) -> None:
        ada = await sign_up(host)
        await ada.turn_on_totp()
        browser = await sign_in_where_trusted(ada)

        assert (await browser.get(f"{ORIGIN}/vault")).status_code == 200
        assert_refused(await browser.post(f"{ORIGIN}/transfer"), 403, "STEP_UP_REQUIRED")

        await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
        assert (await browser.post(f"{ORIGIN}/transfer")).status_code == 200

    async def test_the_database_is_gone(self, host: Host) -> None:
        ada = await sign_up(host)
        await drop_database(host.database_url)

        answer = await ada.client.get(f"{ORIGIN}/account")

        assert_refused(answer, 503, "SERVICE_UNAVAILABLE")
        assert int(answer.headers["retry-after"]) > 0

    async def test_the_api_is_mounted_whole(self, host: Host) -> None:
        client = await host.client()

        assert (await client.get("/ok")).status_code == 200
        assert (await client.get("/reference")).headers["content-type"].startswith("text/html")
        assert_refused(await client.get("/two-factor/nowhere"), 404, "NOT_FOUND")
        assert_refused(await client.get("/two-factor/enable"), 405, "METHOD_NOT_ALLOWED")
