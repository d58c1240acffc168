"""The pages by the keyboard alone: every step can be reached, is seen, and comes in the order of the page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from athena_auth.kernel.clock import SystemClock
from support.chromium import PATIENCE_MS
from support.page_stage import PASSWORD, Stage
from support.process import Server, serving
from support.virtual_authenticator import PLATFORM, VirtualAuthenticator

STEPS = 30
"""More presses of the Tab key than any form needs."""
FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent;
  return label.trim();
}"""
OUTLINE = "() => getComputedStyle(document.activeElement).outlineStyle"


@pytest.fixture
def server(sqlite_url: str, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, database_url=sqlite_url) as running:
        yield running


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    wanted: bool = request.param
    return wanted


@pytest.fixture
def stage(browser: Browser, server: Server, javascript: bool) -> Iterator[Stage]:
    context = browser.new_context(java_script_enabled=javascript)
    context.set_default_timeout(PATIENCE_MS)
    yield Stage(context.new_page(), server)
    context.close()


def tab_to(page: Page, name: str) -> list[str]:
    """Press Tab until this control has the focus; return what had it on the way. Each must be visible."""
    passed: list[str] = []
    for _ in range(STEPS):
        page.keyboard.press("Tab")
        focused: str = page.evaluate(FOCUSED)
        assert page.evaluate(OUTLINE) != "none", f"the focus cannot be seen at {focused!r}"
        if focused == name:
            return passed
        passed.append(focused)
    raise AssertionError(f"{name!r} was not reached: {passed}")


def press_enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def sign_up(stage: Stage) -> None:
    page = stage.page
    stage.open("/sign-up")
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type("Ada")
    tab_to(page, "Email address")
    page.keyboard.type(stage.email)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    press_enter(page)


def test_from_a_new_account_to_a_sign_in_with_the_app(stage: Stage, javascript: bool) -> None:
    page = stage.page
    sign_up(stage)
    tab_to(page, "Continue without verifying now")
    press_enter(page)
    tab_to(page, "Turn it on")
    press_enter(page)

    expect(page.get_by_label("Your password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    press_enter(page)
    app = pyotp.parse_uri(page.locator("a[href^=otpauth]").get_attribute("href") or "")
    assert isinstance(app, pyotp.TOTP)
    tab_to(page, "Enter the code that the app shows now")
    enter_code(page, app.at(SystemClock().now() // 1000), javascript)
    code = page.locator("[data-codes] code").first.text_content() or ""
    tab_to(page, "I have saved them")
    press_enter(page)
    expect(page.get_by_label("One of your backup codes")).to_be_focused()
    page.keyboard.type(code)
    press_enter(page)
    tab_to(page, "Sign out")
    press_enter(page)

    expect(page.get_by_label("Email address")).to_be_focused()
    page.keyboard.type(stage.email)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    press_enter(page)
    expect(page.get_by_label("Code from your authenticator app")).to_be_focused()
    enter_code(page, app.at(SystemClock().now() // 1000, counter_offset=1), javascript)

    expect(page.get_by_role("heading", name="Security", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{stage.site}/security")


def enter_code(page: Page, code: str, javascript: bool) -> None:
    """Type a code; the script sends it by its last digit, and without the script Enter does."""
    with page.expect_navigation():
        page.keyboard.type(code)
        if not javascript:
            page.keyboard.press("Enter")


def test_the_focus_goes_to_what_was_refused(stage: Stage) -> None:
    page = stage.page
    stage.sign_up()
    page.context.clear_cookies()
    stage.open("/sign-in")
    stage.send("Sign in", email=stage.email, password="not the password")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    while not page.get_by_text("Wait before you try again").count():
        stage.send("Sign in", email=stage.email, password="not the password")
    expect(page.get_by_role("alert")).to_be_focused()
    assert tab_to(page, "Password") == ["Email address"]

    page.context.clear_cookies()
    stage.open("/sign-up")
    stage.send("Create the account", name="Ada", email=stage.email, password="password")
    refused = page.get_by_label("Password", exact=True)
    expect(refused).to_be_focused()
    expect(refused).to_have_accessible_description(re.compile("This password is too common"))


def test_the_content_is_one_step_away(stage: Stage) -> None:
    stage.open("/nowhere")
    assert tab_to(stage.page, "Skip to content") == []
    expect(stage.page.get_by_role("link", name="Skip to content")).to_be_in_viewport()

    stage.page.keyboard.press("Enter")

    assert tab_to(stage.page, "Start again") == []


@pytest.mark.parametrize("javascript", [True])
def test_a_passkey_is_added_and_signs_in(stage: Stage) -> None:
    page = stage.page
    device = VirtualAuthenticator(page, PLATFORM)
    stage.sign_up()
    stage.open("/security/passkeys")
    tab_to(page, "Add a passkey")
    press_enter(page)
    expect(page.get_by_role("button", name="Create the passkey")).to_be_focused()
    press_enter(page)
    tab_to(page, "Sign out")
    device.leave()
    press_enter(page)
    tab_to(page, "Sign in with a passkey")
    device.return_()

    press_enter(page)

    expect(page).to_have_url(f"{stage.site}/security")
