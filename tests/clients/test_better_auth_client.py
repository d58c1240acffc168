"""Better Auth's own client signs in at this server unchanged.

The scenarios are in better_auth/*.test.mjs and run under Node's own test runner, once with cookies as in a
browser and once with bearer tokens as in an app.
"""

from pathlib import Path

import pytest

from support.node import PACKAGES, require, run_scenarios
from support.process import Server

SCENARIOS = sorted((Path(__file__).parent / "better_auth").glob("*.test.mjs"))


@pytest.mark.parametrize("mode", ["cookie", "bearer"])
def test_better_auths_own_client_works_unchanged(server: Server, mode: str) -> None:
    require(PACKAGES / "better-auth")

    run_scenarios(SCENARIOS, server, ORIGIN=server.base_url.removesuffix("/api/auth"), MODE=mode)
