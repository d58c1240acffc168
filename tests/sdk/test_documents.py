"""Runs the SDK's example and documentation against a server process."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest

from athena_auth.kernel.clock import SystemClock
from athena_auth_client import AthenaClient
from support.process import PATIENCE, Server, serving

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "python" / "two_factor.py"
GUIDE = ROOT / "docs" / "python-sdk.md"
README = ROOT / "clients" / "python" / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery"

# From the page, by hand: its calls in its order.
CALLS = [
    "get_totp_uri",
    "verify_totp",
    "send_otp",
    "verify_otp",
    "verify_backup_code",
    "generate_backup_codes",
    "enable",
    "disable",
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def variables(server: Server) -> dict[str, str]:
    """Return what the example is told about somebody whose authenticator app is turned on."""
    with AthenaClient(server.base_url) as client:
        token = client.auth.sign_up.email(name="Ada", email=EMAIL, password=PASSWORD).token
        assert token is not None
        enrolment = client.auth.two_factor.enable(PASSWORD)
        totp_code = codes_of(enrolment.totp_uri)
        client.auth.two_factor.verify_totp(totp_code(0))
    return {
        "PATH": os.environ["PATH"],
        "ATHENA_AUTH_BASE_URL": server.base_url,
        "ATHENA_AUTH_TOKEN": token,
        "PASSWORD": PASSWORD,
        "TOTP_CODE": totp_code(1),
        "BACKUP_CODE": enrolment.backup_codes[0],
    }


def codes_of(totp_uri: str) -> Callable[[int], str]:
    """Return what tells the code of an authenticator app, so many steps after the present one."""
    phone = pyotp.parse_uri(totp_uri)
    assert isinstance(phone, pyotp.TOTP)
    now = SystemClock().now() // 1000
    return lambda steps: phone.at(now + steps * phone.interval)


def start(variables: dict[str, str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, EXAMPLE], env=variables, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def test_the_example_makes_the_pages_calls_in_the_pages_order() -> None:
    calls = re.findall(r"client\.auth\.two_factor\.(\w+)\(", EXAMPLE.read_text())

    assert calls == [*CALLS, "status"]


def test_the_example_works_from_beginning_to_end(server: Server, variables: dict[str, str]) -> None:
    with start(variables) as script:
        sent_code = server.sent_code(EMAIL)
        output, errors = script.communicate(f"{sent_code}\n", timeout=PATIENCE)

    assert script.returncode == 0, output + errors
    assert "enabled=False" in output
    assert not [secret for secret in variables.values() if len(secret) > 5 and secret in output]


def test_the_example_ends_at_the_first_refusal_and_says_why(variables: dict[str, str]) -> None:
    with start({**variables, "PASSWORD": "wrong"}) as script:
        _, errors = script.communicate(timeout=PATIENCE)

    assert script.returncode == 1
    assert errors == "The password is wrong. Try again. [INVALID_PASSWORD]\n"


def test_the_example_names_the_variables_that_are_missing() -> None:
    with start({"PATH": os.environ["PATH"], "PASSWORD": PASSWORD}) as script:
        _, errors = script.communicate(timeout=PATIENCE)

    assert script.returncode == 1
    assert errors == "Set first: ATHENA_AUTH_TOKEN, TOTP_CODE, BACKUP_CODE\n"


def test_the_guide_happens_as_it_is_written(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall(GUIDE.read_text())
    shown: dict[str, Any] = {"__name__": "guide"}
    typed: list[str] = []

    def type_in(prompt: str) -> str:
        """Answer as a reader would, who looks at her phone, her mail or her slip of paper."""
        typed.append(prompt)
        enrolment = shown["enrolment"]
        if prompt == "Code of the app: ":
            return codes_of(enrolment.totp_uri)(typed.count(prompt) - 1)
        if prompt == "Code of the new app: ":
            return codes_of(shown["work"].totp_uri)(0)
        if prompt == "Backup code: ":
            code: str = enrolment.backup_codes[0]
            return code
        return server.sent_code(EMAIL)

    shown["input"] = type_in
    for block in blocks:
        exec(block.replace("http://localhost:3001/api/auth", server.base_url), shown)  # noqa: S102 - the guide's own lines

    shown["client"].close()

    said = capsys.readouterr().out
    assert typed == [
        "Code of the app: ",
        "Code of the app: ",
        "Code from the mail: ",
        "Backup code: ",
        "Code of the new app: ",
    ]
    assert '<img src="data:image/svg+xml;' in said
    assert said.count("Welcome, Ada") == 2
    assert "(this one)" in said
    assert "The password is wrong. Try again. INVALID_PASSWORD 400" in said


def test_the_readmes_first_example_runs(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    [block] = BLOCK.findall(README.read_text())
    shown: dict[str, Any] = {"__name__": "readme"}

    def type_in(prompt: str) -> str:
        if prompt == "Code of the app: ":
            return codes_of(shown["enrolment"].totp_uri)(0)
        assert prompt == "One of the backup codes: "
        code: str = shown["enrolment"].backup_codes[0]
        return code

    shown["input"] = type_in
    exec(block.replace("http://localhost:3001/api/auth", server.base_url), shown)  # noqa: S102 - the page's own lines

    said = capsys.readouterr().out
    assert "authenticator app: data:image/svg+xml;" in said
    assert said.endswith("Signed in as Ada\n")
