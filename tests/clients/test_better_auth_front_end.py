"""A front end that was written for Better Auth, in a real browser: at its own server, and unchanged at this one.

It passes there too, so the test checks what such front ends rely on.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from athena_auth.kernel.clock import SystemClock
from support.better_auth import SCRIPTS, original
from support.chromium import PATIENCE_MS
from support.node import NODE, PACKAGES, ROOT, require
from support.process import serving

EMAIL, PASSWORD = "ada@example.com", "correct horse battery staple"
DASHBOARD, SIGN_IN, SECOND_STEP = "/dashboard", "/sign-in", "/second-step"


@pytest.fixture(params=["at Better Auth's server", "at this server"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the origin of a server that the front end has as its API."""
    if request.param == "at this server":
        with serving(tmp_path, cookie_prefix="better-auth") as server:
            yield server.base_url.removesuffix("/api/auth")
    else:
        with original(tmp_path) as theirs:
            yield theirs.origin


@contextmanager
def front_end(api: str) -> Iterator[str]:
    """Serve the front end, with the API below its own origin; yield that."""
    require(NODE, PACKAGES / "better-auth", PACKAGES / "esbuild")
    with subprocess.Popen(
        [NODE, SCRIPTS / "frontend" / "server.mjs"],
        cwd=ROOT,
        env={"API": api},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            origin = process.stdout.readline().strip()
            assert origin, "the front end has not started; what it says is above"
            yield origin
        finally:
            process.kill()


@dataclass(frozen=True)
class Person:
    """A person at the front end, in a browser of their own."""

    page: Page
    origin: str

    def open(self, path: str) -> None:
        self.page.goto(self.origin + path)

    def fill(self, form: str, button: str, **fields: str) -> None:
        """Fill in the form of this id, and press its button."""
        shown = self.page.locator(f"form[id='{form}']")
        for name, value in fields.items():
            shown.locator(f"[name={name}]").fill(value)
        shown.get_by_role("button", name=button).click()

    def sign_up(self) -> None:
        self.open("/sign-up")
        self.fill("/sign-up", "Sign up", name="Ada", email=EMAIL, password=PASSWORD)
        self.arrives(DASHBOARD)

    def sign_in(self, path: str = SIGN_IN, password: str = PASSWORD) -> None:
        self.open(path)
        self.fill(SIGN_IN, "Sign in", email=EMAIL, password=password)

    def sign_out(self) -> None:
        self.page.get_by_role("button", name="Sign out").click()
        self.sees_session("none")

    def arrives(self, path: str) -> None:
        self.page.wait_for_url(self.origin + path)

    def sees_session(self, name: str) -> None:
        """Wait until the client's store says whose session it is."""
        expect(self.page.locator("#session")).to_have_text(name, timeout=PATIENCE_MS)

    def is_told(self, text: str) -> None:
        expect(self.page.get_by_role("status")).to_have_text(text, timeout=PATIENCE_MS)

    def turn_second_factor_on(self) -> pyotp.TOTP:
        """Turn it on in the settings; return the authenticator, whose code of this step is used."""
        self.open("/settings")
        self.fill("enable", "Turn on", password=PASSWORD)
        expect(self.page.locator("#totp-uri")).to_contain_text("otpauth://", timeout=PATIENCE_MS)
        authenticator = pyotp.parse_uri(self.page.locator("#totp-uri").inner_text())
        assert isinstance(authenticator, pyotp.TOTP)
        self.fill("confirm", "Confirm", code=authenticator.at(SystemClock().now() // 1000))
        expect(self.page.locator("#two-factor")).to_have_text("on", timeout=PATIENCE_MS)
        return authenticator


@pytest.fixture
def ada(api: str, browser: Browser) -> Iterator[Person]:
    with front_end(api) as origin:
        context = browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        yield Person(context.new_page(), origin)
        context.close()


def test_signing_up_and_out(ada: Person) -> None:
    ada.open(DASHBOARD)
    ada.arrives(SIGN_IN)

    ada.sign_up()
    ada.sees_session("Ada")

    ada.page.get_by_role("button", name="Sign out").click()
    ada.arrives(SIGN_IN)
    ada.open(DASHBOARD)
    ada.arrives(SIGN_IN)


def test_signing_in_leads_where_the_callback_says(ada: Person) -> None:
    ada.sign_up()
    ada.open("/")
    ada.sign_out()

    ada.sign_in(password="not the password")
    ada.is_told("401 INVALID_EMAIL_OR_PASSWORD")
    ada.sign_in("/sign-in?next=https://elsewhere.example/")
    ada.is_told("403 INVALID_CALLBACK_URL")
    ada.sees_session("none")

    ada.sign_in()
    ada.arrives(DASHBOARD)
    ada.sees_session("Ada")


def test_a_second_step_and_a_trusted_device(ada: Person) -> None:
    ada.sign_up()
    authenticator = ada.turn_second_factor_on()
    ada.open("/")
    ada.sign_out()

    ada.sign_in()
    ada.arrives(SECOND_STEP)
    ada.sees_session("none")
    ada.page.get_by_label("Trust this device").check()
    code = authenticator.at(SystemClock().now() // 1000, counter_offset=1)
    ada.fill(SECOND_STEP, "Verify", code=code)
    ada.arrives(DASHBOARD)
    ada.sees_session("Ada")

    ada.open("/")
    ada.sign_out()
    ada.sign_in()
    ada.arrives(DASHBOARD)


def test_the_settings_follow_every_change(ada: Person) -> None:
    ada.sign_up()
    ada.turn_second_factor_on()

    ada.fill("rename", "Rename", name="Ada Lovelace")
    ada.sees_session("Ada Lovelace")
    ada.fill("disable", "Turn off", password="not the password")
    ada.is_told("400 INVALID_PASSWORD")
    ada.fill("disable", "Turn off", password=PASSWORD)
    expect(ada.page.locator("#two-factor")).to_have_text("off", timeout=PATIENCE_MS)


def test_a_session_that_ended_elsewhere_leaves_no_cookie_that_opens_pages(
    ada: Person, browser: Browser
) -> None:
    ada.sign_up()
    elsewhere = browser.new_context()
    elsewhere.add_cookies(ada.page.context.cookies())  # type: ignore[arg-type] # what is read is what is written
    ended = elsewhere.request.post(f"{ada.origin}/api/auth/sign-out", headers={"origin": ada.origin}, data={})
    assert ended.ok
    elsewhere.close()

    # The middleware lets the dead cookie in; the page finds out, and the cookie goes.
    ada.open(DASHBOARD)
    ada.arrives(SIGN_IN)

    assert [one["name"] for one in ada.page.context.cookies() if "session" in one.get("name", "")] == []
