"""Our JavaScript client under Node and a real server: as a web page with cookies, and as an app with tokens."""

import json
import re
from pathlib import Path

import pytest

from support.client_types import check_against_types
from support.node import CLIENT, run_scenarios
from support.process import ATHENA, Server, environment, serving

HERE = Path(__file__).parent / "javascript"
SCENARIOS = sorted(HERE.glob("*.test.mjs"))
CALL = re.compile(r"^ +(\w+): (?:\{ email: )?(?:get|act|post)\(", re.MULTILINE)
# Only a browser keeps the cookie that makes it a trusted device.
BY_COOKIE = {"listTrustedDevices", "revokeTrustedDevice", "revokeTrustedDevices"}
# These have a server that offers recovery, below.
RECOVERY = {
    "beginRecovery",
    "openRecovery",
    "cancelRecovery",
    "cancelRecoveryInSession",
    "completeRecovery",
}
# And these a browser, in `test_javascript_passkeys.py`.
PASSKEYS = {"listUserPasskeys", "updatePasskey", "deletePasskey", "removePassword", "setPassword"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("mode", ["cookie", "bearer"])
def test_the_whole_story_works_and_is_as_typed(server: Server, tmp_path: Path, mode: str) -> None:
    written = tmp_path / "answers.jsonl"

    run_scenarios(SCENARIOS, server, BASE_URL=server.base_url, MODE=mode, ANSWERS=str(written))

    answers = read(written)
    every_call = set(CALL.findall((CLIENT / "auth-client.js").read_text()))
    assert every_call - called(answers) == RECOVERY | PASSKEYS | (BY_COOKIE if mode == "bearer" else set())
    assert len(every_call) == 45
    check_against_types(answers, tmp_path)


@pytest.mark.parametrize("mode", ["cookie", "bearer"])
def test_a_recovery_works_and_is_as_typed(tmp_path: Path, mode: str) -> None:
    written = tmp_path / "answers.jsonl"
    with serving(tmp_path, recovery="on") as server:
        operator = environment(recovery="on", mail_url=f"file://{server.outbox}")
        by_operator = {"OPERATOR": str(ATHENA), "FOLDER": str(server.folder), **operator}
        scenario = HERE / "recovery" / "recovery.test.mjs"

        run_scenarios(
            [scenario], server, BASE_URL=server.base_url, MODE=mode, ANSWERS=str(written), **by_operator
        )

    answers = read(written)
    assert called(answers) >= RECOVERY
    check_against_types(answers, tmp_path)


def read(written: Path) -> list[tuple[str, object]]:
    """Return the calls that succeeded, by name, with their data."""
    return [(call, data) for call, data in map(json.loads, written.read_text().splitlines())]


def called(answers: list[tuple[str, object]]) -> set[str]:
    return {call.removesuffix(".email").rpartition(".")[2] for call, _ in answers}
