"""examples/typescript: a user signs in from a terminal, as the README says."""

import re
from subprocess import CompletedProcess

import httpx
import pyotp
import pytest

from support.node import ROOT, node, type_check
from support.process import Server

EXAMPLE = ROOT / "examples" / "typescript"
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def sign_in(server: Server, *typed: str, password: str = PASSWORD) -> CompletedProcess[str]:
    settings = {"ATHENA_AUTH_BASE_URL": server.base_url, "EMAIL": EMAIL, "PASSWORD": password}
    return node("sign-in.mts", folder=EXAMPLE, typed="\n".join([*typed, ""]), environment=settings)


@pytest.fixture
def backup_codes(server: Server) -> list[str]:
    """Sign Ada up and turn her authenticator app on; return her backup codes."""
    with httpx.Client(base_url=server.base_url) as http:
        body = {"name": "Ada", "email": EMAIL, "password": PASSWORD}
        http.headers["authorization"] = f"Bearer {http.post('/sign-up/email', json=body).json()['token']}"
        enabled = http.post("/two-factor/enable", json={"password": PASSWORD}).json()
        phone = pyotp.parse_uri(enabled["totpURI"])
        assert isinstance(phone, pyotp.TOTP)
        http.post("/two-factor/verify-totp", json={"code": phone.now()}).raise_for_status()
    codes: list[str] = enabled["backupCodes"]
    return codes


def test_it_compiles_as_the_readme_says(database_url: str) -> None:
    readme = (EXAMPLE / "README.md").read_text()
    command = re.search(r"^npx .* tsc --strict --noEmit --target es2022 (.+)$", readme, re.MULTILINE)
    assert command

    type_check(EXAMPLE, *command[1].split())


def test_the_second_factor_is_asked_for_until_it_is_right(server: Server, backup_codes: list[str]) -> None:
    ran = sign_in(server, "backup-code", "aaaa-bbbb-cccc-dddd", backup_codes[0])

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("How? (totp, otp, backup-code) Code: The backup code is wrong")
    assert ran.stdout.endswith("Signed in as Ada with pwd and backup-code.\n")
    used_up = sign_in(server, "backup-code", backup_codes[0])
    assert (used_up.returncode, used_up.stderr) == (1, "Nothing was typed.\n")


def test_a_refusal_ends_it_with_the_reason(server: Server) -> None:
    ran = sign_in(server, password="not hers")

    assert (ran.returncode, ran.stdout) == (1, "")
    assert (
        ran.stderr
        == "The email address or password is wrong. Check both and try again. (INVALID_EMAIL_OR_PASSWORD)\n"
    )
