"""Checks responses of a real server against the types of the JavaScript client."""

import json
from collections.abc import Sequence
from pathlib import Path

from support.node import CLIENT, type_check


def check_against_types(answers: Sequence[tuple[str, object]], folder: Path) -> None:
    """Let the compiler hold what the server answered to each call against what auth-client.d.ts promises."""
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
