"""examples/rust: a new account makes the eight calls of the public reference, as the README says."""

import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from support.process import Server

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "rust"
COMPILED = EXAMPLE / "target" / ".built"
EMAIL, PASSWORD = "grace@example.com", "correct horse battery"
PATIENCE = 100.0
"""Seconds for what takes a fraction of one, or a few when the program was edited since `make`."""

# From the page, by hand, in the order in which a new account can make them.
CALLS = {
    "enable": "enable",
    "verifyTotp": "verify-totp",
    "getTotpUri": "get-totp-uri",
    "sendOtp": "send-otp",
    "verifyOtp": "verify-otp",
    "generateBackupCodes": "generate-backup-codes",
    "verifyBackupCode": "verify-backup-code",
    "disable": "disable",
}


def cargo_run(server: Server, **settings: str) -> subprocess.Popen[str]:
    """Start the program as its README does; what it needs was fetched and compiled by `make`."""
    cargo = shutil.which("cargo")
    assert cargo, "examples/rust needs Rust; as root on Debian: make examples/rust/target/.built"
    assert COMPILED.exists(), "examples/rust is not compiled; run: make examples/rust/target/.built"
    named = ("PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME")
    kept = {name: os.environ[name] for name in named if name in os.environ}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [cargo, "run", "--quiet"],
        cwd=EXAMPLE,
        env={**kept, "CARGO_NET_OFFLINE": "true", "ATHENA_AUTH_BASE_URL": server.base_url, **settings},
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
    )


def test_its_calls_are_written_as_on_the_page() -> None:
    page = [
        line
        for name, path in CALLS.items()
        for line in (
            f"// auth.twoFactor.{name}() -> POST /two-factor/{path}",
            "let response = http",
            f'.post(format!("{{base_url}}/two-factor/{path}"))',
            ".bearer_auth(token)",
            ".send()",
            ".await?;",
        )
    ]

    _, first, calls = (EXAMPLE / "src" / "main.rs").read_text().partition("    // auth.")

    written = [line.strip() for line in (first + calls).splitlines()]
    assert [line for line in written if line in page] == page
    assert sum(line.startswith(".post(") for line in written) == len(CALLS)


def test_a_new_account_walks_through_all_eight(server: Server) -> None:
    with cargo_run(server, EMAIL=EMAIL, PASSWORD=PASSWORD, MAILS=str(server.outbox)) as program:
        output, errors = program.communicate(timeout=PATIENCE)

    assert program.returncode == 0, errors
    assert output.splitlines() == [
        f"Signed up as {EMAIL}.",
        "enable: the app has the secret; nothing has changed yet",
        "verify-totp: twoFactorEnabled is true",
        "get-totp-uri: the same secret",
        f"send-otp: a code is on its way to {EMAIL}",
        "verify-otp: welcome, Ada",
        "generate-backup-codes: 10 new ones; the old ones are void",
        "verify-backup-code: 9 are left",
        "disable: two-factor authentication is off",
    ]
    signed_in = httpx.post(
        f"{server.base_url}/sign-in/email", json={"email": EMAIL, "password": PASSWORD}
    ).json()
    assert signed_in["user"]["twoFactorEnabled"] is False


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_code_from_the_mail_can_be_typed_in(server: Server) -> None:
    with cargo_run(server, EMAIL=EMAIL, PASSWORD=PASSWORD) as program:
        output, errors = program.communicate(f"{server.sent_code(EMAIL)}\n", timeout=PATIENCE)

    assert (program.returncode, errors) == (0, "The code from the mail: ")
    assert output.endswith("disable: two-factor authentication is off\n")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_refusal_ends_it_with_the_servers_reason(server: Server) -> None:
    with cargo_run(server, EMAIL=EMAIL, PASSWORD="short") as program:
        output, errors = program.communicate(timeout=PATIENCE)

    assert (program.returncode, output) == (1, "")
    assert '"code":"PASSWORD_TOO_SHORT"' in errors
    assert "400 Bad Request" in errors
