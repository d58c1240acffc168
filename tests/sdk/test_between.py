"""Proxies between a client and the server: those that answer themselves, and those that the environment names."""

import socket
from collections.abc import Iterator
from datetime import UTC, timedelta
from datetime import datetime as moment
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from athena_auth_client import (
    AsyncAthenaClient,
    AthenaClient,
    AthenaError,
    NetworkError,
    RateLimitedError,
    ServiceUnavailableError,
)
from support.faults import Done, Failing, Faults
from support.sdk import EMAIL, PASSWORD

pytestmark = pytest.mark.slow

SENT = "Wed, 21 Oct 2026 07:28:00 GMT"
PAGE = "<html><h1>Please come back later</h1></html>"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD")


def limited(retry_after: str, date: str | None = SENT) -> Faults:
    headers = {"retry-after": retry_after} | ({"date": date} if date else {})
    return Faults(httpx.Response(429, text=PAGE, headers=headers))


def wait_of(failing: Failing, done: Done, faults: Faults) -> int | None:
    with pytest.raises(RateLimitedError) as refused:
        done(failing(faults).auth.two_factor.send_otp)
    return refused.value.retry_after


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30),
        ("Thu, 22 Oct 2026 07:28:00 GMT", 86_400),
        ("Wednesday, 21-Oct-26 07:29:00 GMT", 60),
        ("Wed Oct 21 07:28:05 2026", 5),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0),
        ("120", 120),
        ("Wed, 99 Oct 2026 07:28:30 GMT", None),
        ("Wed, 21 Oct 2026 07:28:30 +0200", None),
        ("2026-10-21T07:28:30Z", None),
        ("soon", None),
        ("12.5", None),
    ],
)
def test_a_date_to_wait_for_is_understood_as_seconds(
    failing: Failing, done: Done, until: str, seconds: int | None
) -> None:
    assert wait_of(failing, done, limited(until)) == seconds


@pytest.mark.parametrize("date", [None, "whenever"])
def test_without_the_time_of_the_answer_the_clients_own_counts(
    failing: Failing, done: Done, date: str | None
) -> None:
    until = moment.now(UTC) + timedelta(days=2)  # noqa: TID251 - the SDK has no clock to hand in

    wait = wait_of(failing, done, limited(format_datetime(until, usegmt=True), date))

    assert wait is not None
    assert 0 < wait <= 172_800


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (429, RateLimitedError, "TOO_MANY_REQUESTS"),
        (502, ServiceUnavailableError, "BAD_GATEWAY"),
        (503, ServiceUnavailableError, "SERVICE_UNAVAILABLE"),
        (504, ServiceUnavailableError, "GATEWAY_TIMEOUT"),
    ],
)
@pytest.mark.parametrize(
    "body", [PAGE, "", "null", "[]", '{"message": 1, "code": "X"}', '{"message": "X"}', "\x00"]
)
def test_a_proxys_own_refusal_is_a_typed_error(
    failing: Failing, done: Done, status: int, kind: type[AthenaError], code: str, body: str
) -> None:
    answer = httpx.Response(status, text=body, headers={"retry-after": "7", "content-type": "text/html"})

    with pytest.raises(AthenaError) as refused:
        done(failing(Faults(answer)).auth.sign_in.email, email=EMAIL, password=PASSWORD)

    error = refused.value
    assert type(error) is kind
    assert (error.code, error.status, error.retry_after) == (code, status, 7)
    assert error.__context__ is None
    assert "come back later" not in str(error)


def test_the_servers_own_refusal_for_lack_of_room_is_of_the_same_type(failing: Failing, done: Done) -> None:
    busy = httpx.Response(503, json={"message": "Busy.", "code": "SERVICE_UNAVAILABLE"})

    with pytest.raises(ServiceUnavailableError, match="Busy"):
        done(failing(Faults(busy)).auth.sign_out)


class Recording(BaseHTTPRequestHandler):
    """Answers everything as a server does to whoever is not signed in, and writes down what it was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("content-length", "4")
        self.end_headers()
        self.wfile.write(b"null")

    def log_message(self, *_message: object) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of something that is server and proxy in one, and the targets it was asked for."""
    asked: list[str] = []
    handler = type("Handler", (Recording,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        # Closing it then waits for each connection's thread, so that no socket outlives the test.
        server.daemon_threads = False
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


@pytest.fixture
def proxied(listener: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have the environment name a proxy; return what that is asked for."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HTTP_PROXY", listener[0])
    return listener[1]


@pytest.mark.parametrize(
    ("no_proxy", "host"),
    [
        ("::1", "[::1]"),
        ("[::1]", "[::1]"),
        ("::/64", "[::1]"),
        ("[::]/64", "[::1]"),
        ("10.0.0.0/8, fd00::/8 ,::1", "[::1]"),
        ("127.0.0.0/8", "127.0.0.1"),
        ("*", "127.0.0.1"),
        ("localhost", "localhost"),
        ("http://localhost", "localhost"),
        ("localhost", "auth.localhost"),
        (".localhost", "auth.localhost"),
        ("*.localhost", "auth.localhost"),
    ],
)
async def test_a_server_that_no_proxy_names_is_reached_directly(
    proxied: list[str], monkeypatch: pytest.MonkeyPatch, no_proxy: str, host: str
) -> None:
    monkeypatch.setenv("NO_PROXY", no_proxy)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        # Nobody listens there: who goes directly finds nobody.
        base_url = f"http://{host}:{taken.getsockname()[1]}/api/auth"
        with AthenaClient(base_url, retries=0) as blocking, pytest.raises(NetworkError):
            blocking.auth.get_session()
        async with AsyncAthenaClient(base_url, retries=0) as awaiting:
            with pytest.raises(NetworkError):
                await awaiting.auth.get_session()

    assert proxied == []


@pytest.mark.parametrize(
    ("no_proxy", "host"),
    [
        ("", "auth.example.com"),
        ("fd00::/8", "[::1]"),
        ("[::2]", "[::1]"),
        ("[::1]:8080", "[::1]"),
        ("10.0.0.0/8,example.org", "auth.example.com"),
        (".auth.example.com", "auth.example.com"),
        ("ample.com", "example.com"),
        ("https://auth.example.com", "auth.example.com"),
        ("fd00::/999, [, ]:, ::1::, ://", "auth.example.com"),
    ],
)
async def test_every_other_server_is_reached_by_the_proxy(
    proxied: list[str], monkeypatch: pytest.MonkeyPatch, no_proxy: str, host: str
) -> None:
    monkeypatch.setenv("NO_PROXY", no_proxy)
    base_url = f"http://{host}/api/auth"

    with AthenaClient(base_url) as blocking:
        assert blocking.auth.get_session() is None
    async with AsyncAthenaClient(base_url) as awaiting:
        assert await awaiting.auth.get_session() is None

    assert len(proxied) == 2


@pytest.mark.parametrize("proxy", ["gopher://:hunter2@proxy", "http://[:hunter2", "http://proxy:hunter2"])
def test_a_proxy_that_cannot_be_used_is_said_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxied: list[str], proxy: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    for client in (AthenaClient, AsyncAthenaClient):
        with pytest.raises(AthenaError, match="HTTP_PROXY") as refused:
            client("http://auth.example.com/api/auth")

        assert refused.value.code == "INVALID_PROXY"
        assert refused.value.__context__ is None
        assert "hunter2" not in str(refused.value)
    monkeypatch.setenv("NO_PROXY", "example.com")
    AthenaClient("http://auth.example.com/api/auth").close()
