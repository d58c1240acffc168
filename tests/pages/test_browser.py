"""The pages in a real browser, with JavaScript and without."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from athena_auth.kernel.clock import SystemClock
from support.chromium import PATIENCE_MS
from support.process import Server, serving

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"


@pytest.fixture
def server(sqlite_url: str, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, database_url=sqlite_url) as running:
        yield running


@pytest.fixture
def site(server: Server) -> str:
    return server.base_url.removesuffix("/api/auth")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    yield from fresh(browser, javascript=True)


def fresh(browser: Browser, *, javascript: bool) -> Iterator[BrowserContext]:
    context = browser.new_context(java_script_enabled=javascript)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def phone(server: Server) -> pyotp.TOTP:
    """Sign Ada up and turn her authenticator app on; its next code is unused."""
    with httpx.Client(base_url=server.base_url) as http:
        body = {"name": "Ada", "email": EMAIL, "password": PASSWORD}
        http.headers["authorization"] = f"Bearer {http.post('/sign-up/email', json=body).json()['token']}"
        uri = http.post("/two-factor/enable", json={"password": PASSWORD}).json()["totpURI"]
        app = pyotp.parse_uri(uri)
        assert isinstance(app, pyotp.TOTP)
        now = SystemClock().now() // 1000
        http.post("/two-factor/verify-totp", json={"code": app.at(now)}).raise_for_status()
    return app


def next_code(phone: pyotp.TOTP) -> str:
    return phone.at(SystemClock().now() // 1000, counter_offset=1)


def watch(page: Page) -> list[str]:
    """Return the list to which every complaint of the browser is added, for instance about the page's own policy."""
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


@pytest.mark.parametrize("javascript", [True, False])
def test_from_signing_up_to_signing_out(browser: Browser, site: str, javascript: bool) -> None:
    for context in fresh(browser, javascript=javascript):
        page = context.new_page()
        complaints = watch(page)
        page.goto(site)
        page.get_by_role("link", name="Create one").click()
        page.get_by_label("Your name").fill("Ada")
        page.get_by_label("Email address").fill(EMAIL)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Create the account").click()
        expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
        page.get_by_role("link", name="Continue").click()
        expect(page).to_have_url(f"{site}/security")

        page.get_by_role("button", name="Sign out").click()

        expect(page.get_by_role("status")).to_have_text("You have signed out.")
        assert complaints == []


@pytest.mark.parametrize("javascript", [True, False])
def test_signing_in_with_a_second_factor(
    browser: Browser, site: str, phone: pyotp.TOTP, javascript: bool
) -> None:
    for context in fresh(browser, javascript=javascript):
        page = context.new_page()
        complaints = watch(page)
        page.goto(f"{site}/sign-in")
        page.get_by_label("Email address").fill(EMAIL)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        code = page.get_by_label("Code from your authenticator app")
        expect(code).to_be_focused()

        if javascript:
            code.press_sequentially(next_code(phone))
        else:
            code.fill(next_code(phone))
            page.get_by_role("button", name="Confirm").click()

        expect(page).to_have_url(f"{site}/security")
        assert complaints == []


def test_a_password_can_be_shown(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    page.goto(f"{site}/sign-in")
    field = page.get_by_label("Password", exact=True)
    field.fill(PASSWORD)

    page.get_by_role("button", name="Show password").click()

    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value(PASSWORD)
    page.get_by_role("button", name="Hide password").click()
    expect(field).to_have_attribute("type", "password")


def test_a_form_is_sent_once(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    page.goto(f"{site}/sign-up")
    page.get_by_label("Email address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)

    page.evaluate("const form = document.querySelector('form'); form.requestSubmit(); form.requestSubmit()")

    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    assert sent == [f"{site}/sign-up"]


def test_a_browser_that_is_offline_says_so(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    page.goto(f"{site}/sign-in")
    offline = page.get_by_text("You are offline")
    expect(offline).to_be_hidden()

    context.set_offline(True)
    expect(offline).to_be_visible()
    context.set_offline(False)
    expect(offline).to_be_hidden()


def test_a_limited_form_counts_down(context: BrowserContext, sqlite_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, database_url=sqlite_url, rate_limit="on") as server:
        site = server.base_url.removesuffix("/api/auth")
        page = context.new_page()
        page.goto(f"{site}/sign-in")
        for _ in range(100):
            form = {"email": "nobody", "password": "x"}
            httpx.post(f"{site}/sign-in", data=form, headers={"origin": site})
        page.get_by_label("Email address").fill(EMAIL)
        page.get_by_label("Password", exact=True).fill(PASSWORD)

        page.get_by_role("button", name="Sign in", exact=True).click()

        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_disabled()
        waiting = page.locator("[data-countdown]")
        first = waiting.text_content() or ""
        expect(waiting).not_to_have_text(first)


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_is_wider_than_the_screen(context: BrowserContext, site: str, width: int) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("sign-in", "sign-up", "nowhere"):
        page.goto(f"{site}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
