"""Runs the commands of the README as they stand, against the server that `make run` starts."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pyotp

from support.process import serving

ROOT = Path(__file__).parent.parent.parent
STEP = re.compile(r"```sh\n(.*?)```\n```json\n(.*?)```", re.DOTALL)
YOURS = re.compile(r"^([A-Z_]+)=(\S+)( +#.*)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


def shape(value: Any) -> Any:
    """Return an answer's fields and types, without what differs from run to run."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return value if isinstance(value, bool) or value is None else type(value).__name__


def yours(answers: list[dict[str, Any]]) -> dict[str, str]:
    """Return what the reader copies out of the answers so far."""
    found: dict[str, str] = {}
    for answer in answers:
        if "totpURI" in answer:
            phone = pyotp.parse_uri(answer["totpURI"])
            assert isinstance(phone, pyotp.TOTP)
            found["CODE"] = found.get("CODE") or phone.now()
            found["BACKUP_CODE"] = answer["backupCodes"][0]
        if "twoFactorRedirect" in answer:
            found["CHALLENGE"] = answer["token"]
        found.setdefault("TOKEN", answer.get("token", ""))
    return found


def with_mine(commands: str, used: dict[str, str]) -> str:
    """Return the commands with the reader's own values where the README shows somebody else's."""
    return YOURS.sub(lambda line: f"{line[1]}={used[line[1]]}", commands)


def test_the_walk_happens_as_it_is_written(tmp_path: Path) -> None:
    steps = STEP.findall((ROOT / "README.md").read_text())
    assert len(steps) == 6
    answers: list[dict[str, Any]] = []
    used: dict[str, str] = {}
    with serving(tmp_path) as server:
        script = "set -eu\n"
        for commands, shown in steps:
            used = {**yours(answers), **used}
            mine = with_mine(commands, used)
            script += mine.replace("http://localhost:3001/api/auth", server.base_url)
            ran = subprocess.run(
                ["/bin/bash", "-c", script], capture_output=True, text=True, check=True, timeout=30
            )
            answers.append(json.loads(ran.stdout))
            assert shape(answers[-1]) == shape(json.loads(shown)), commands
            # What was set stays set in the reader's shell; what was called is not called again.
            script = (
                "\n".join(line for line in script.splitlines() if re.match(r"set |[A-Z_]+=", line)) + "\n"
            )


def test_every_link_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("clients/*/*.md")]:
        for target in LINK.findall(page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
