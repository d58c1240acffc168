"""Our JavaScript client under Node and a real server: as a web page with cookies, and as an app with tokens."""

import json
import re
from pathlib import Path

import pytest

from support.node import CLIENT, run_scenarios, type_check
from support.process import Server

SCENARIOS = sorted((Path(__file__).parent / "javascript").glob("*.test.mjs"))
CALL = re.compile(r"^ +(\w+): (?:\{ email: )?(?:get|act|post)\(", re.MULTILINE)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("mode", ["cookie", "bearer"])
def test_the_whole_story_works_and_is_as_typed(server: Server, tmp_path: Path, mode: str) -> None:
    written = tmp_path / "answers.jsonl"

    run_scenarios(SCENARIOS, server, BASE_URL=server.base_url, MODE=mode, ANSWERS=str(written))

    answers = [json.loads(line) for line in written.read_text().splitlines()]
    every_call = set(CALL.findall((CLIENT / "auth-client.js").read_text()))
    # Only a browser keeps the cookie that makes it a trusted device.
    without_cookies = {"listTrustedDevices", "revokeTrustedDevice", "revokeTrustedDevices"}
    # A recovery waits for days, and this server offers none: `tests/http/test_recovery_cases.py` completes them.
    takes_days = {
        "beginRecovery",
        "openRecovery",
        "cancelRecovery",
        "cancelRecoveryInSession",
        "completeRecovery",
    }
    answered = {call.removesuffix(".email").rpartition(".")[2] for call, _ in answers}
    assert every_call - answered == takes_days | (without_cookies if mode == "bearer" else set())
    assert len(every_call) == 39
    check_against_types(answers, tmp_path)


def check_against_types(answers: list[tuple[str, object]], folder: Path) -> None:
    """Let the compiler hold what the server answered against what auth-client.d.ts promises."""
    program = [
        f'import type {{ Auth }} from "{CLIENT / "auth-client.js"}";',
        "declare const auth: Auth;",
        "type Data<F> = F extends (...given: any) => Promise<infer R> ? Success<R> : never;",
        "type Success<R> = R extends { data: infer T; error: null } ? T : never;",
    ]
    # Fields that nobody promised are an error too: the compiler refuses them in literals.
    program += [
        f"export const answer{number}: Data<typeof {call}> = {json.dumps(data)};"
        for number, (call, data) in enumerate(answers)
    ]
    source = folder / "answers.ts"
    source.write_text("\n".join(program))

    type_check(folder, "--module", "nodenext", source.name)
