"""What better-auth's types promise its users is what this server answers: the compiler of TypeScript compares them.

better_auth/types/answers.mts makes the calls, and its types are those of better-auth's client. What the calls were
answered is written down as a program, which compiles if each promised field is there and of the promised type.
"""

import subprocess
from pathlib import Path

import pytest

from support.node import PACKAGES, node, require, tsc
from support.process import Server, serving

ANSWERS = Path(__file__).parent / "better_auth" / "types" / "answers.mts"
OPTIONS = (
    *(
        "--module",
        "nodenext",
        "--lib",
        "es2022,dom",
        "--types",
        "node",
        "--typeRoots",
        str(PACKAGES / "@types"),
    ),
    *("--allowJs", "--allowImportingTsExtensions"),
    # Its declarations name modules of a runtime that is not here.
    "--skipLibCheck",
)


def answers(server: Server, mode: str) -> str:
    """Let better-auth's client make its calls; return what they gave it, as TypeScript."""
    require(PACKAGES / "better-auth")
    origin = server.base_url.removesuffix("/api/auth")
    told = {"OUTBOX": str(server.outbox), "ORIGIN": origin, "MODE": mode}

    ran = node(ANSWERS, environment=told)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def compiled(folder: Path, answered: str) -> subprocess.CompletedProcess[str]:
    """Let the compiler compare the answers with the promises; a field more than promised breaks none."""
    (folder / "answered.mts").write_text(
        f'import type {{ Promised }} from "{ANSWERS}";\n'
        f"const answered = {answered};\n"
        "export const promised: Promised = answered;\n"
    )
    return tsc(folder, *OPTIONS, "answered.mts")


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the answers to an app, over SQLite."""
    with serving(tmp_path_factory.mktemp("server")) as server:
        return answers(server, "bearer")


@pytest.mark.parametrize("mode", ["cookie", "bearer"])
def test_each_answer_has_the_type_the_client_gives_it(server: Server, mode: str, tmp_path: Path) -> None:
    checked = compiled(tmp_path, answers(server, mode))

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ('"emailVerified": ', '"email_verified": ', "Property 'emailVerified' is missing"),
        ('"twoFactorEnabled": false', '"twoFactorEnabled": "no"', "'twoFactorEnabled' are incompatible"),
        ('"expiresAt": new Date(', '"expiresAt": String(', "'expiresAt' are incompatible"),
        ('"backupCodes": [', '"backupCodes": [0, ', "'backupCodes' are incompatible"),
        ('"twoFactorMethods": [', '"methods": [', "Property 'twoFactorMethods' is missing"),
        ('"status": true', '"status": "true"', "'status' are incompatible"),
        ('"code": "ACCOUNT_TEMPORARILY_LOCKED"', '"code": "LOCKED"', "Type '\"LOCKED\"' is not assignable"),
    ],
    ids=[
        "a name",
        "a text for a flag",
        "a text for an instant",
        "a list",
        "the factors",
        "a status",
        "a code",
    ],
)
def test_the_compiler_would_say_so(
    answered: str, right: str, wrong: str, complaint: str, tmp_path: Path
) -> None:
    assert right in answered

    checked = compiled(tmp_path, answered.replace(right, wrong))

    assert checked.returncode != 0
    assert complaint in checked.stdout
