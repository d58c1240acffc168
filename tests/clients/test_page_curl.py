"""Runs the curl script of the reference page."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyotp
import pytest

from athena_auth.kernel.clock import SystemClock
from support.process import PATIENCE, Server

EXAMPLE = Path(__file__).parents[2] / "examples" / "curl" / "two-factor.sh"
EMAIL = "ada@example.com"
# What JSON and a shell both have opinions about must arrive as it is.
PASSWORD = 'correct "horse" \\ $battery `staple`'

# From the page, by hand: what each call is and where it goes.
CALLS = {
    "# auth.twoFactor.getTotpUri() -> POST /two-factor/get-totp-uri": "/two-factor/get-totp-uri",
    "# auth.twoFactor.verifyTotp() -> POST /two-factor/verify-totp": "/two-factor/verify-totp",
    "# auth.twoFactor.sendOtp() -> POST /two-factor/send-otp": "/two-factor/send-otp",
    "# auth.twoFactor.verifyOtp() -> POST /two-factor/verify-otp": "/two-factor/verify-otp",
    "# auth.twoFactor.verifyBackupCode() -> POST /two-factor/verify-backup-code": (
        "/two-factor/verify-backup-code"
    ),
    "# auth.twoFactor.generateBackupCodes() -> POST /two-factor/generate-backup-codes": (
        "/two-factor/generate-backup-codes"
    ),
    "# auth.twoFactor.enable() -> POST /two-factor/enable": "/two-factor/enable",
    "# auth.twoFactor.disable() -> POST /two-factor/disable": "/two-factor/disable",
}


@pytest.fixture(scope="module", autouse=True)
def curl() -> str:
    found = shutil.which("curl")
    assert found, "The page's script needs curl; on Debian: apt-get install curl"
    return found


@pytest.fixture
def variables(server: Server) -> dict[str, str]:
    """Return what the script is told about somebody whose authenticator app is turned on."""
    token = post(server, "/sign-up/email", name="Ada", email=EMAIL, password=PASSWORD)["token"]
    enabled = post(server, "/two-factor/enable", token, password=PASSWORD)
    phone = pyotp.parse_uri(enabled["totpURI"])
    assert isinstance(phone, pyotp.TOTP)
    now = SystemClock().now() // 1000
    post(server, "/two-factor/verify-totp", token, code=phone.at(now))
    return {
        "PATH": os.environ["PATH"],
        "ATHENA_AUTH_BASE_URL": server.base_url,
        "ATHENA_AUTH_TOKEN": token,
        "PASSWORD": PASSWORD,
        "TOTP_CODE": phone.at(now, counter_offset=1),
        "BACKUP_CODE": enabled["backupCodes"][0],
    }


def post(server: Server, path: str, token: str | None = None, **body: str) -> Any:
    bearer = [] if token is None else ["-H", f"authorization: Bearer {token}"]
    options = ["--silent", "--show-error", "--fail-with-body", "-X", "POST", "--json", json.dumps(body)]
    command = ["curl", *options, *bearer, f"{server.base_url}{path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def start(variables: dict[str, str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([EXAMPLE], env=variables, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_the_examples_requests_are_the_pages_in_the_pages_order() -> None:
    page = [
        line
        for comment, path in CALLS.items()
        for line in (
            comment,
            f'curl -X POST "$ATHENA_AUTH_BASE_URL{path}" \\',
            '  -H "content-type: application/json" \\',
            '  -H "authorization: Bearer $ATHENA_AUTH_TOKEN" \\',
        )
    ]

    example = EXAMPLE.read_text().splitlines()

    requests = [line for line in example if line.startswith(("# auth.", "curl -", "  -H"))]
    assert requests == page
    assert sum(line.startswith("  -d ") for line in example) == len(CALLS)


def test_the_pages_script_works_from_beginning_to_end(server: Server, variables: dict[str, str]) -> None:
    with start(variables) as script:
        sent_code = server.sent_code(EMAIL)
        output, errors = script.communicate(f"{sent_code}\n", timeout=PATIENCE)

    assert script.returncode == 0, output + errors
    answers = [json.loads(line) for line in output.splitlines()]
    uri, totp, sent, otp, backup_code, new_codes, enabled, disabled = answers
    token = variables["ATHENA_AUTH_TOKEN"]
    assert uri["totpURI"].startswith("otpauth://totp/")
    assert totp["status"] is True
    assert sent == {"status": True}
    assert otp["token"] == token
    assert otp["user"]["email"] == EMAIL
    assert backup_code["session"]["token"] == token
    assert backup_code["user"]["twoFactorEnabled"] is True
    assert new_codes["status"] is True
    assert variables["BACKUP_CODE"] not in new_codes["backupCodes"]
    assert {"totpURI", "backupCodes"} <= set(enabled)
    assert disabled == {"status": True}
    shown = [*new_codes["backupCodes"], *enabled["backupCodes"], uri["totpURI"]]
    assert not [secret for secret in (PASSWORD, token, *shown) if secret in server.log]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_script_ends_at_the_first_refusal_and_shows_it(variables: dict[str, str]) -> None:
    with start({**variables, "TOTP_CODE": "no code"}) as script:
        output, _ = script.communicate(timeout=PATIENCE)

    first, second = output.splitlines()
    assert script.returncode != 0
    assert "totpURI" in first
    assert json.loads(second)["code"] == "INVALID_CODE"


def test_the_script_names_the_variable_that_is_missing() -> None:
    with start({"PATH": os.environ["PATH"], "ATHENA_AUTH_TOKEN": "some token"}) as script:
        output, errors = script.communicate(timeout=PATIENCE)

    assert script.returncode != 0
    assert "PASSWORD" in errors
    assert output == ""
