"""Setting an authenticator app up in a real browser: the QR code is read from the screen, as a phone does."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect

from athena_auth.kernel.clock import SystemClock
from support.chromium import PATIENCE_MS
from support.process import serving
from support.qr_codes import scan_screen

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path, database_url=sqlite_url) as server:
        yield server.base_url.removesuffix("/api/auth")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from opened(browser)


def opened(browser: Browser, *, javascript: bool = True, dark: bool = False) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=javascript, color_scheme="dark" if dark else "light")
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def code_of(app: pyotp.TOTP, steps: int = 0) -> str:
    return app.at(SystemClock().now() // 1000, counter_offset=steps)


def sign_up(page: Page, site: str) -> None:
    page.goto(f"{site}/sign-up")
    page.get_by_label("Email address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()


def begin(page: Page, site: str) -> pyotp.TOTP:
    """Enter the password, and scan the QR code."""
    page.goto(f"{site}/security/authenticator")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    app = pyotp.parse_uri(scan_screen(page.get_by_role("img", name="QR code")))
    assert isinstance(app, pyotp.TOTP)
    return app


def confirm(page: Page, app: pyotp.TOTP, *, javascript: bool = True) -> list[str]:
    """Enter the code of the app, and return the backup codes."""
    enter(page.get_by_label("Enter the code that the app shows now"), code_of(app), javascript=javascript)
    expect(page.get_by_role("heading", name="Save your backup codes")).to_be_visible()
    return page.locator("li code").all_text_contents()


def enter(field: Locator, code: str, *, javascript: bool = True) -> None:
    """Type a code; with JavaScript, the last digit sends it."""
    if javascript:
        field.press_sequentially(code)
    else:
        field.fill(code)
        field.press("Enter")


def complaints_of(context: BrowserContext) -> list[str]:
    """Return the list to which every complaint of the browser is added, for instance about the page's own policy."""
    found: list[str] = []
    context.on("console", lambda each: found.append(each.text) if each.type in {"error", "warning"} else None)
    context.on("weberror", lambda error: found.append(str(error.error)))
    return found


@pytest.mark.parametrize(("javascript", "dark"), [(True, False), (False, False), (True, True)])
def test_from_the_qr_code_to_signing_in_with_the_app(
    browser: Browser, site: str, javascript: bool, dark: bool
) -> None:
    for page in opened(browser, javascript=javascript, dark=dark):
        complaints = complaints_of(page.context)
        sign_up(page, site)
        app = begin(page, site)
        codes = confirm(page, app, javascript=javascript)
        page.get_by_role("button", name="I have saved them").click()
        page.get_by_label("One of your backup codes").fill(codes[0])
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_text("Two-factor authentication is on.")).to_be_visible()

        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Email address").fill(EMAIL)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        enter(page.get_by_label("Code from your authenticator app"), code_of(app, 1), javascript=javascript)

        expect(page).to_have_url(f"{site}/security")
        assert complaints == []


def test_the_back_button_shows_no_secret(page: Page, site: str) -> None:
    sign_up(page, site)
    app = begin(page, site)
    codes = confirm(page, app)
    page.get_by_role("button", name="I have saved them").click()
    page.get_by_label("One of your backup codes").fill(codes[0])
    page.get_by_role("button", name="Check").click()
    expect(page).to_have_url(f"{site}/security?notice=codes-saved")

    for _ in range(4):
        # Chromium asks before it sends a form again, which Playwright reports as an error.
        with suppress(Error):
            page.go_back()
        shown = page.locator("html").inner_html()
        assert 'class="qr"' not in shown
        assert not any(code in shown for code in codes)
        assert app.secret[:4] not in shown
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, location.href])")
    assert app.secret not in stored


def test_a_new_user_sets_an_app_up_by_keyboard_alone(page: Page, site: str) -> None:
    sign_up(page, site)
    page.goto(f"{site}/security/authenticator")
    expect(page.get_by_label("Your password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    app = pyotp.parse_uri(scan_screen(page.get_by_role("img", name="QR code")))
    assert isinstance(app, pyotp.TOTP)
    tab_to(page, page.locator("summary"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Type this secret into the app")).to_be_visible()

    tab_to(page, page.get_by_label("Enter the code that the app shows now"))
    page.keyboard.type(code_of(app))
    tab_to(page, page.get_by_role("button", name="I have saved them"))
    code = page.locator("li code").first.text_content() or ""
    page.keyboard.press("Enter")
    expect(page.get_by_label("One of your backup codes")).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Enter")

    expect(page.get_by_text("Two-factor authentication is on.")).to_be_visible()


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, as one who uses no mouse does."""
    expect(target).to_be_attached()
    for _ in range(20):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("the keyboard does not reach it")


def test_the_secret_and_the_codes_are_copied_downloaded_and_printed(page: Page, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.add_init_script("window.print = () => { window.printed = true; }")
    sign_up(page, site)
    app = begin(page, site)
    page.locator("summary").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == app.secret
    codes = confirm(page, app)
    text = "".join(f"{code}\n" for code in codes)

    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == text
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download").click()
    assert downloaded.value.suggested_filename == "backup-codes.txt"
    assert downloaded.value.path().read_text() == text
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed") is True
    page.emulate_media(media="print")
    expect(page.get_by_text(codes[9])).to_be_visible()
    expect(page.get_by_role("button", name="I have saved them")).to_be_hidden()


def test_times_are_shown_as_the_browser_writes_them(browser: Browser, site: str) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    sign_up(page, site)

    page.goto(f"{site}/security/events")

    shown, instant = (
        page.locator("time").first.text_content(),
        page.locator("time").first.get_attribute("datetime"),
    )
    expected = page.evaluate(
        "at => new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))",
        instant,
    )
    assert shown == expected
    assert "UTC" not in (shown or "")
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_is_wider_than_the_screen(page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_up(page, site)
    begin(page, site)
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for path in ("", "/otp", "/otp?by=email", "/devices", "/sessions", "/events", "/password", "/delete"):
        page.goto(f"{site}/security{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
