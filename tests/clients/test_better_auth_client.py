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
    assert NODE.exists() and CLIENT.exists(), (
        "Node or the client is missing; run: make node_modules/.installed"
    )


@pytest.mark.parametrize("mode", ["cookie", "bearer"])
def test_better_auths_own_client_works_unchanged(server: Server, mode: str) -> None:
    environment = {
        "ORIGIN": server.base_url.removesuffix("/api/auth"),
        "OUTBOX": str(server.outbox),
        "MODE": mode,
    }

    ran = subprocess.run(  # noqa: S603 - our own scenarios
        [NODE, "--test", "--test-isolation=none", "--test-reporter=tap", *SCENARIOS],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = re.search(r"^# pass (\d+)$", ran.stdout, re.MULTILINE)
    assert passed, ran.stdout
    assert int(passed[1]) >= len(SCENARIOS) > 0
    assert "# skipped 0\n" in ran.stdout
