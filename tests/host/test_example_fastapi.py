"""examples/fastapi-shop: the shop, run as its README says, by curl and in a real browser."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from athena_auth.kernel.clock import SystemClock
from support.chromium import PATIENCE_MS
from support.examples import assert_step_up, copy_example, example_serving, run_readme, run_tests
from support.hosts import assert_refused
from support.qr_codes import scan_screen

NAME = "fastapi-shop"
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 640}
REFUSED = "Failed to load resource: the server responded with a status of 40"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    """Run the shop; return its address."""
    with example_serving(NAME, tmp_path) as address:
        yield address


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """Return a person's browser, on a desk and on a phone in turn."""
    context = browser.new_context(viewport=request.param)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(context: BrowserContext, shop: str, complaints: list[str]) -> Page:
    """Open the shop; what the browser complains of is kept, the refusals that the shop is about apart."""
    page = context.new_page()

    def keep(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(REFUSED):
            complaints.append(message.text)

    page.on("console", keep)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(shop)
    return page


def test_the_walk_happens_as_it_is_written(shop: str) -> None:
    run_readme(NAME, shop)


def test_a_trusted_device_pays_little_until_a_code_is_shown(shop: str) -> None:
    assert_step_up(shop, lambda amount: {"json": {"amount": amount}})


def test_the_shop_s_own_documentation_and_rules_stay(shop: str) -> None:
    with httpx.Client(base_url=shop) as client:
        assert "swagger" in client.get("/docs").text.lower()
        assert set(client.get("/openapi.json").json()["paths"]) == {"/account", "/pay"}
        assert_refused(client.post("/pay", json={"amount": 50}), 401, "UNAUTHORIZED")
        policy = client.get("/").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy


def test_its_own_tests_pass(tmp_path: Path) -> None:
    run_tests(copy_example(NAME, tmp_path), "test_shop.py")


def sign_up(page: Page) -> None:
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("Name").fill("Ada")
    section = page.locator("#sign-up")
    section.get_by_label("Email address").fill(EMAIL)
    section.get_by_label("Password").fill(PASSWORD)
    section.get_by_role("button", name="Create the account").click()
    expect(page.get_by_text("What would you like?")).to_be_focused()


def enrol(page: Page) -> tuple[pyotp.TOTP, list[str]]:
    """Set the authenticator app up as the page says; return it and the backup codes, with its first code typed."""
    page.get_by_label("Your password, to begin").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="Add the account to your app")).to_be_focused()
    uri = page.get_by_role("link").get_attribute("href") or ""
    assert scan_screen(page.get_by_role("img")) == uri
    phone = pyotp.parse_uri(uri)
    assert isinstance(phone, pyotp.TOTP)
    assert page.locator("#key").inner_text().replace(" ", "") == phone.secret
    page.get_by_label("Code that the app shows now").fill(code_of(phone))
    return phone, page.locator("#backup-codes li").all_inner_texts()


def code_of(phone: pyotp.TOTP, steps: int = 0) -> str:
    return phone.at(SystemClock().now() // 1000, counter_offset=steps)


def buy(page: Page, amount: int) -> None:
    page.get_by_role("button", name=f"Buy for {amount}").click()


def expect_paid(page: Page, amount: int) -> None:
    expect(page.get_by_role("status")).to_have_text(f"You have paid {amount}. Thank you!")
    expect(page.get_by_role("alert")).to_be_empty()


def let_the_proof_grow_old(folder: Path) -> None:
    """Have ten minutes pass since the last code."""
    with contextlib.closing(sqlite3.connect(folder / "athena.db")) as database, database:
        database.execute("UPDATE athena_session SET proven_at = proven_at - 601000")


def test_a_large_payment_leads_through_enrolment_and_later_asks_for_a_code_again(
    page: Page, tmp_path: Path, complaints: list[str]
) -> None:
    sign_up(page)
    buy(page, 50)
    expect_paid(page, 50)

    buy(page, 150)
    phone, backup_codes = enrol(page)
    assert len(backup_codes) == 10
    page.get_by_role("button", name="Turn it on").click()
    expect_paid(page, 150)
    assert phone.secret not in page.content(), "what was shown once is gone"
    assert "data:image" not in page.content()

    buy(page, 150)
    expect_paid(page, 150)
    let_the_proof_grow_old(tmp_path)
    buy(page, 50)
    expect_paid(page, 50)
    buy(page, 150)
    code = page.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    expect(page.get_by_label("Do not ask for codes")).to_be_hidden()
    code.fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The code is wrong or has already been used")
    code.fill(code_of(phone, 1))
    page.keyboard.press("Enter")
    expect_paid(page, 150)

    let_the_proof_grow_old(tmp_path)
    buy(page, 150)
    cancel_and_pay_with(backup_codes[0], page)
    assert complaints == [], "the page's own policy lets the page do what it must"


def cancel_and_pay_with(backup_code: str, page: Page) -> None:
    """Cancel the question for a code, buy again, and enter a backup code."""
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Buy for 150")).to_be_visible()
    buy(page, 150)
    code = page.get_by_label("Code", exact=True)
    expect(code).to_be_empty()
    code.fill(backup_code)
    page.get_by_role("button", name="Continue").click()
    expect_paid(page, 150)


def test_a_sign_in_asks_for_the_code_and_a_trusted_device_only_when_it_pays_much(
    page: Page, complaints: list[str]
) -> None:
    sign_up(page)
    buy(page, 150)
    phone, backup_codes = enrol(page)
    page.get_by_role("button", name="Turn it on").click()
    expect_paid(page, 150)

    sign_out_and_in(page)
    page.get_by_label("Do not ask for codes").check()
    page.get_by_label("Code", exact=True).fill(code_of(phone, 1))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("What would you like?")).to_be_focused()
    page.reload()
    expect(page.locator("#email")).to_have_text(EMAIL)

    sign_out_and_in(page)
    buy(page, 50)
    expect_paid(page, 50)
    buy(page, 150)
    page.get_by_label("Code", exact=True).fill(backup_codes[0])
    page.get_by_role("button", name="Continue").click()
    expect_paid(page, 150)
    assert complaints == []


def test_codes_are_pasted_with_what_surrounds_them(page: Page, complaints: list[str]) -> None:
    """A field that cuts a code off, or a page that takes a full-width backup code for one of the app, loses it."""
    sign_up(page)
    buy(page, 150)
    phone, backup_codes = enrol(page)
    first = code_of(phone)
    page.get_by_label("Code that the app shows now").fill(f"\u200e{first[:3]}\u00a0{first[3:]} ")
    page.get_by_role("button", name="Turn it on").click()
    expect_paid(page, 150)

    next_code = code_of(phone, 1)
    for typed in (f"{next_code[:3]} {next_code[3:]}\u00a0", in_full_width(backup_codes[0])):
        sign_out_and_in(page)
        page.get_by_label("Code", exact=True).fill(typed)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("What would you like?")).to_be_focused()
    assert complaints == []


def in_full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def sign_out_and_in(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    section = page.locator("#sign-in")
    section.get_by_label("Email address").fill(EMAIL)
    section.get_by_label("Password").fill(PASSWORD)
    section.get_by_role("button", name="Sign in").click()


def test_a_session_that_ended_elsewhere_is_opened_again_and_the_payment_goes_on(
    page: Page, shop: str
) -> None:
    sign_up(page)
    with httpx.Client(base_url=f"{shop}/api/auth") as elsewhere:
        body = {"email": EMAIL, "password": PASSWORD}
        token = elsewhere.post("/sign-in/email", json=body).json()["token"]
        elsewhere.headers["authorization"] = f"Bearer {token}"
        elsewhere.post("/revoke-other-sessions").raise_for_status()

    buy(page, 50)
    section = page.locator("#sign-in")
    expect(section.get_by_label("Email address")).to_be_focused()
    section.get_by_label("Email address").fill(EMAIL)
    section.get_by_label("Password").fill("not her password")
    section.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text(
        "The email address or password is wrong. Check both and try again."
    )
    section.get_by_label("Password").fill(PASSWORD)
    section.get_by_role("button", name="Sign in").click()

    expect_paid(page, 50)


def test_nothing_is_wider_than_a_phone(browser: Browser, shop: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(shop)
    sign_up(page)
    for go_on in (lambda: None, lambda: buy(page, 150), lambda: enrol(page)):
        go_on()
        assert page.evaluate("document.documentElement.scrollWidth") == 320
    context.close()
