"""Runs Debian's poolers and proxies for tests. None is mocked; a test fails if its program is missing."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from support.process import PATIENCE, wait_for

UNPRIVILEGED = "pgserver" if os.geteuid() == 0 else None
"""The user for programs that refuse to run as root; the tests' PostgreSQL creates it."""


def require(program: str, package: str) -> str:
    """Return the path of a program of this Debian package; fail if it is missing."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{program} is missing; install it: apt-get install -y {package}"
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def give_away(folder: Path) -> Path:
    """Make the unprivileged user the owner of a folder."""
    if UNPRIVILEGED is not None:
        shutil.chown(folder, UNPRIVILEGED)
    return folder


@contextmanager
def running(
    command: list[str], folder: Path, port: int, *, user: str | None = None, env: dict[str, str] | None = None
) -> Iterator[None]:
    """Run a program until the block ends; begin when it listens on its port."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=user,
            env=env,
            process_group=0,
        )
    try:
        wait_for(lambda: _is_listening(process, port, log), f"{command[0]} on port {port}")
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _is_listening(process: "subprocess.Popen[bytes]", port: int, log: Path) -> bool | None:
    assert process.poll() is None, f"it ended with {process.returncode}:\n{log.read_text()}"
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE):
        return True
    return None
