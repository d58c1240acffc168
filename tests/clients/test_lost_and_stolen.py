"""Runs the curl script for a stolen password, a lost phone and a forgotten password."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pyotp

from support.process import PATIENCE, SECRET, run_athena, serving, wait_for

EXAMPLE = Path(__file__).parents[2] / "examples" / "curl" / "lost-and-stolen.sh"
EMAIL, PASSWORD, NEW_PASSWORD = (
    "ada@example.com",
    "correct horse battery staple",
    "a wholly different password",
)


def enrolled(base_url: str, mails: Path) -> list[str]:
    """Make an account with a verified address and an authenticator app turned on; return its backup codes."""
    with httpx.Client(base_url=base_url) as client:
        body = {"name": "Ada", "email": EMAIL, "password": PASSWORD}
        token = client.post("/sign-up/email", json=body).json()["token"]
        client.cookies.clear()
        client.headers["authorization"] = f"Bearer {token}"
        enabled = client.post("/two-factor/enable", json={"password": PASSWORD}).json()
        phone = pyotp.parse_uri(enabled["totpURI"])
        assert isinstance(phone, pyotp.TOTP)
        assert client.post("/two-factor/verify-totp", json={"code": phone.now()}).status_code == 200
        client.post("/send-verification-email", json={"email": EMAIL}).raise_for_status()
        link = wait_for(lambda: verification_link(mails), "the mail with the link")
        client.get(link).raise_for_status()
    codes: list[str] = enabled["backupCodes"]
    return codes


def verification_link(mails: Path) -> str | None:
    sent = [json.loads(line) for line in mails.read_text().splitlines()]
    return next((mail["url"] for mail in sent if mail["kind"] == "email-verification"), None)


def parts(output: str) -> list[list[Any]]:
    """Return the answers and mails below each of the script's headings."""
    found: list[list[Any]] = []
    for line in output.splitlines():
        if line.startswith("# "):
            found.append([])
        else:
            found[-1].append(json.loads(line))
    return found


def test_the_story_happens_as_it_is_told(database_url: str, tmp_path: Path) -> None:
    mails = tmp_path / "mails.jsonl"
    settings = {"database_url": database_url, "secret": SECRET, "mail_url": f"file://{mails}"}
    with serving(tmp_path, **settings) as server:
        codes = enrolled(server.base_url, mails)
        variables = {
            "PATH": os.environ["PATH"],
            "ATHENA_AUTH_BASE_URL": server.base_url,
            "MAILS": str(mails),
            "EMAIL": EMAIL,
            "PASSWORD": PASSWORD,
            "BACKUP_CODES": " ".join(codes[:2]),
            "NEW_PASSWORD": NEW_PASSWORD,
        }
        told = subprocess.run(
            [EXAMPLE], env=variables, capture_output=True, text=True, timeout=PATIENCE * 2, check=True
        ).stdout

    thief, notifications, lost_phone, devices, asked, reset, ended = parts(told)
    assert thief[0] is None
    assert thief[1]["code"] == "INVALID_CODE"
    assert {"at", "ipAddress", "userAgent"} <= notifications[0].keys()
    assert (lost_phone[0]["backupCodesLeft"], lost_phone[1]["codesLeft"]) == (9, 9)
    assert (devices[0]["trustedDevices"], devices[1][0]["name"], devices[2]) == (1, "curl", {"status": True})
    assert asked[0] == asked[1]
    assert (reset[0]["twoFactorRedirect"], reset[1]["code"]) == (True, "INVALID_TOKEN")
    assert reset[2]["user"]["twoFactorEnabled"] is True
    assert ended == [None]

    trail = run_athena(tmp_path, "audit", "--user", EMAIL, database_url=database_url)
    assert "account:password:reset" in trail.stdout
    assert "second-step:totp:refused" in trail.stdout
