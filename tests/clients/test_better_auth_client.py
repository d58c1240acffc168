"""The client of better-auth, a program nobody here wrote, signs in here without knowing the difference.

The scenarios are in better_auth/*.test.mjs and run under Node's own test runner, once with cookies as in a
browser and once with bearer tokens as in an app.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.process import Server

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted((Path(__file__).parent / "better_auth").glob("*.test.mjs"))
NODE = Path(sys.executable).with_name("node")
CLIENT = ROOT / "node_modules" / "better-auth"
PATIENCE = 60.0
"""Seconds for all scenarios together; they take two."""


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    for needed in (NODE, CLIENT):
        assert needed.exists(), f"{needed.relative_to(ROOT)} is missing; run: make node_modules/.installed"


@pytest.mark.parametrize("mode", ["cookie", "bearer"])
def test_better_auths_own_client_works_unchanged(server: Server, mode: str) -> None:
    environment = {
        "ORIGIN": server.base_url.removesuffix("/api/auth"),
        "OUTBOX": str(server.outbox),
        "MODE": mode,
    }

    ran = subprocess.run(  # noqa: S603 - our own scenarios
        [NODE, "--test", "--test-isolation=none", "--test-reporter=spec", *SCENARIOS],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    counted = {kind: int(count) for kind, count in re.findall(r"^\S (\w+) (\d+)$", ran.stdout, re.MULTILINE)}
    assert counted["pass"] == counted["tests"] >= len(SCENARIOS) > 0, ran.stdout
