"""The page about Better Auth's client is true, method by method."""

import json
import re
import subprocess
import sys
from pathlib import Path

from support.node import PACKAGES, ROOT, require

PAGE = Path("docs/reference/better-auth-client.md")


def test_the_page_is_what_the_client_meets(tmp_path: Path) -> None:
    require(PACKAGES / "better-auth")
    tool = ROOT / "tools" / "compatibility.py"

    ran = subprocess.run(
        [sys.executable, str(tool), str(tmp_path)],
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert ran.returncode == 0, ran.stderr
    written, committed = (tmp_path / PAGE.name).read_text(), (ROOT / PAGE).read_text()
    assert written == committed, "renew it: make docs"


def test_what_the_overview_says_of_the_client_is_on_that_page() -> None:
    table, overview = (ROOT / PAGE).read_text(), (ROOT / "docs" / "what-it-is.md").read_text()

    version = json.loads((PACKAGES / "better-auth" / "package.json").read_text())["version"]
    assert f"version {version} of the client" in overview
    missing = set(re.findall(r"^\| `([\w.]+)` \|.*\| not offered \|", table, re.MULTILINE))
    named = {"updateSession"}
    social = {"signIn.social", "refreshToken", "getAccessToken"}
    linked = {"linkSocial", "unlinkAccount", "accountInfo"}
    assert missing == named | social | linked | {"deleteUser.callback"}
    assert [name for name in named if f"`{name}`" not in overview] == []
    differing = re.findall(r"^\| `([\w.]+)`.*\| differs \|", table, re.MULTILINE)
    assert sorted(differing) == ["twoFactor.generateBackupCodes", "verifyEmail"]
