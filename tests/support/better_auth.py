"""Better Auth's own server, for its own client, as a separate process."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from support.node import NODE, PACKAGES, ROOT, require

SCRIPTS = ROOT / "tests" / "clients" / "better_auth"


@dataclass(frozen=True)
class Original:
    """A running Better Auth server: its address, its mail, and the paths that a client may call."""

    origin: str
    outbox: Path
    paths: list[str]
    process: subprocess.Popen[str]
    lock: Lock

    def age_sessions(self, email: str, seconds: int) -> None:
        """Move the sessions of this account into the past by this time."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self.lock:
            self.process.stdin.write(json.dumps({"email": email, "seconds": seconds}) + "\n")
            self.process.stdin.flush()
            assert self.process.stdout.readline() == "done\n"


def version() -> str:
    """Return the version of Better Auth that is installed."""
    installed: str = json.loads((PACKAGES / "better-auth" / "package.json").read_text())["version"]
    return installed


@contextmanager
def original(folder: Path, *, has_passkeys: bool = False) -> Iterator[Original]:
    """Run it, with its mails in this folder."""
    require(NODE, PACKAGES / "better-auth", PACKAGES / "@better-auth" / "passkey")
    outbox = folder / "original.jsonl"
    outbox.touch()
    with subprocess.Popen(
        [NODE, SCRIPTS / "original.mjs"],
        cwd=ROOT,
        env={"OUTBOX": str(outbox)} | ({"PASSKEYS": "on"} if has_passkeys else {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            announced = json.loads(process.stdout.readline())
            yield Original(announced["origin"], outbox, announced["paths"], process, Lock())
        finally:
            process.kill()
