"""A real browser and a real server: the JavaScript module, and the page of a password reset link."""

import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from athena_auth.kernel.clock import SystemClock
from support.chromium import PATIENCE_MS
from support.node import CLIENT
from support.process import Server, serving, wait_for

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
NEW_PASSWORD = "staple battery horse correct"
APP = """\
<!doctype html><title>App</title>
<script type="module">
  const base = decodeURIComponent(location.search.slice(1));
  const { client, createAuthClient } = await import(`${base}/client.js`);
  Object.assign(window, { base, auth: client.auth, createAuthClient });
</script>
"""
BLIND_SIGN_OUT = """\
base => fetch(`${base}/sign-out`, { method: "POST", mode: "no-cors", credentials: "include" }).catch(() => null)
"""
READY = "window.auth !== undefined"

Phone = Callable[[], str]


class FrontEnd(BaseHTTPRequestHandler):
    """A site elsewhere, with a page that uses the client, and a copy of the client."""

    def do_GET(self) -> None:
        copied = self.path == "/client.js" or self.path.startswith("/auth-client/")
        self.send_response(200)
        self.send_header("content-type", "text/javascript" if copied else "text/html")
        self.end_headers()
        part = self.path.replace("/client.js", "/auth-client.js").removeprefix("/")
        self.wfile.write((CLIENT / part).read_bytes() if copied else APP.encode())

    def log_message(self, *_message: object) -> None:
        pass


@pytest.fixture
def front_end() -> Iterator[str]:
    """Return the origin of a site that the server trusts."""
    yield from site()


@pytest.fixture
def stranger() -> Iterator[str]:
    """Return the origin of a site that it does not trust. To cookies it is the same one: ports are nothing to them."""
    yield from site()


def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), FrontEnd) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield f"http://localhost:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a person's browser, in which nothing was done yet."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def server(sqlite_url: str, tmp_path: Path, front_end: str) -> Iterator[Server]:
    with serving(tmp_path, database_url=sqlite_url, trusted_origins=front_end) as running:
        yield running


@pytest.fixture
def phone(server: Server) -> Phone:
    """Sign Ada up and turn her authenticator app on; return what shows its next code."""
    with httpx.Client(base_url=server.base_url) as http:
        body = {"name": "Ada", "email": EMAIL, "password": PASSWORD}
        http.headers["authorization"] = f"Bearer {http.post('/sign-up/email', json=body).json()['token']}"
        uri = http.post("/two-factor/enable", json={"password": PASSWORD}).json()["totpURI"]
        app = pyotp.parse_uri(uri)
        assert isinstance(app, pyotp.TOTP)
        now = SystemClock().now() // 1000
        http.post("/two-factor/verify-totp", json={"code": app.at(now)}).raise_for_status()
    return lambda: app.at(SystemClock().now() // 1000, counter_offset=1)


def open_app(context: BrowserContext, origin: str, base_url: str) -> Page:
    """Open a page of this origin that imports the client from there."""
    page = context.new_page()
    if base_url == f"{origin}/api/auth":
        # A page of the application that the server would be mounted in.
        page.route(
            lambda url: url.startswith(f"{origin}/app"),
            lambda route: route.fulfill(content_type="text/html", body=APP),
        )
    page.goto(f"{origin}/app?{base_url}")
    page.wait_for_function(READY)
    return page


def call(page: Page, name: str, body: dict[str, Any] | None = None) -> Any:
    """Call the client in the page; return the data it was answered with."""
    result = page.evaluate(f"body => auth.{name}(body ?? undefined)", body)
    assert result["error"] is None, result
    return result["data"]


def email_of(page: Page) -> str | None:
    found = call(page, "getSession")
    email: str | None = found and found["user"]["email"]
    return email


@pytest.mark.parametrize("where", ["on the server's own site", "on a trusted front end"])
def test_a_page_signs_in_with_a_second_factor_by_cookie(
    server: Server, front_end: str, context: BrowserContext, phone: Phone, where: str
) -> None:
    own = where == "on the server's own site"
    page = open_app(context, origin_of(server) if own else front_end, server.base_url)

    first = call(page, "signIn.email", {"email": EMAIL, "password": PASSWORD})
    assert first["twoFactorRedirect"] is True
    assert email_of(page) is None

    call(page, "twoFactor.verifyTotp", {"code": phone(), "trustDevice": True})

    assert email_of(page) == EMAIL
    assert page.evaluate("document.cookie") == ""
    page.reload()
    page.wait_for_function(READY)
    assert email_of(page) == EMAIL
    call(page, "signOut")
    assert email_of(page) is None
    again = call(page, "signIn.email", {"email": EMAIL, "password": PASSWORD})
    assert again["user"]["email"] == EMAIL, "the device was trusted"


def test_a_page_of_a_stranger_can_neither_read_nor_act(
    server: Server, front_end: str, stranger: str, context: BrowserContext, phone: Phone
) -> None:
    ours = open_app(context, front_end, server.base_url)
    call(ours, "signIn.email", {"email": EMAIL, "password": PASSWORD})
    call(ours, "twoFactor.verifyTotp", {"code": phone()})
    theirs = open_app(context, stranger, stranger)
    theirs.evaluate("base => { auth = createAuthClient({ baseURL: base }).auth }", server.base_url)

    read = theirs.evaluate("auth.getSession()")
    acted = theirs.evaluate("password => auth.twoFactor.disable({ password })", PASSWORD)
    # What a browser sends without asking first, cookies and all: only its Origin tells whose idea it was.
    theirs.evaluate(BLIND_SIGN_OUT, server.base_url)

    assert (read["data"], acted["data"]) == (None, None)
    wait_for(lambda: re.search(r'"/sign-out".*"INVALID_ORIGIN"', server.log), "the refusal in the log")
    assert call(ours, "twoFactor.status")["enabled"] is True


def test_a_page_may_be_a_bearer_and_keep_the_token_for_as_long_as_its_tab(
    server: Server, front_end: str, context: BrowserContext, phone: Phone
) -> None:
    page = open_app(context, front_end, server.base_url)
    as_bearer = "auth = createAuthClient({ baseURL: base, storage: sessionStorage }).auth; 0"
    page.evaluate(as_bearer)
    call(page, "signIn.email", {"email": EMAIL, "password": PASSWORD})

    call(page, "twoFactor.verifyTotp", {"code": phone()})

    page.reload()
    page.wait_for_function(READY)
    assert email_of(page) is None, "no cookie was kept"
    page.evaluate(as_bearer)
    assert email_of(page) == EMAIL


def test_the_page_of_a_link_runs_nobody_elses_script(server: Server, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{server.base_url}/reset-password?token=nobodys")

    with pytest.raises(Error, match="Content Security Policy"):
        page.add_script_tag(content="window.stolen = true")
    with pytest.raises(Error, match="Content Security Policy"):
        page.add_style_tag(content="body { display: none }")
    assert page.evaluate("window.stolen") is None


def origin_of(server: Server) -> str:
    return server.base_url.removesuffix("/api/auth")
