"""QR codes, as a server answers them, are drawn by a real browser and read by a real decoder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser

from athena_auth import qr_code
from athena_auth.kernel.clock import SystemClock
from support.process import serving
from support.qr_codes import scan, scan_screen

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
# The longest URI: each of these characters becomes twelve in it, and the longest address has 254 bytes.
LONGEST_ISSUER = "\N{GRINNING FACE}" * 64
LONGEST_EMAIL = "\N{GRINNING FACE}" * 60 + "@analytics.de"
STRICT_PAGE = """\
<!doctype html>
<meta http-equiv="content-security-policy" content="default-src 'none'">
<body bgcolor="black">
{}
"""


@pytest.fixture
def http(sqlite_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with (
        serving(tmp_path, database_url=sqlite_url) as server,
        httpx.Client(base_url=server.base_url) as client,
    ):
        yield client


def call(http: httpx.Client, path: str, **body: Any) -> Any:
    answer = http.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def sign_up(http: httpx.Client, email: str = EMAIL) -> None:
    token = call(http, "/sign-up/email", name="Ada", email=email, password=PASSWORD)["token"]
    http.headers["authorization"] = f"Bearer {token}"


@pytest.mark.parametrize("flag", [True, "true"])
def test_the_scanned_code_of_enable_confirms_the_enrolment(
    http: httpx.Client, browser: Browser, flag: bool | str
) -> None:
    sign_up(http)

    enabled = call(http, "/two-factor/enable", password=PASSWORD, qrCode=flag)

    code = scan(browser, enabled["qrCode"])
    assert code.text == enabled["totpURI"]
    assert code.ec_level in {"M", "Q", "H"}
    phone = pyotp.parse_uri(code.text)
    assert isinstance(phone, pyotp.TOTP)
    confirmed = call(http, "/two-factor/verify-totp", code=phone.at(SystemClock().now() // 1000))
    assert confirmed["user"]["twoFactorEnabled"] is True


def test_get_totp_uri_shows_the_same_code_again(http: httpx.Client, browser: Browser) -> None:
    sign_up(http)
    uri = call(http, "/two-factor/enable", password=PASSWORD, issuer="Acme & Söhne")["totpURI"]

    shown = call(http, "/two-factor/get-totp-uri", password=PASSWORD, qrCode=True)

    assert shown["totpURI"] == uri
    assert scan(browser, shown["qrCode"]).text == uri


def test_the_longest_uri_has_a_code_too(http: httpx.Client, browser: Browser) -> None:
    """More than 2,331 bytes fit only at level L. Without it the answer would be 500, with the enrolment begun."""
    sign_up(http, LONGEST_EMAIL)

    enabled = call(http, "/two-factor/enable", password=PASSWORD, qrCode=True, issuer=LONGEST_ISSUER)

    assert len(enabled["totpURI"]) > 2331
    assert scan(browser, enabled["qrCode"]).text == enabled["totpURI"]


def test_a_strict_policy_allows_the_inline_svg_on_a_dark_page(browser: Browser) -> None:
    context = browser.new_context(color_scheme="dark", viewport={"width": 400, "height": 400})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    page.set_content(STRICT_PAGE.format(qr_code.inline_svg("otpauth://totp/A:b?secret=MFRGG")))

    assert scan_screen(page.locator("body")) == "otpauth://totp/A:b?secret=MFRGG"
    assert complaints == []
    context.close()
