"""The real server as a separate process, which tests start like an operator and stop like Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx

from athena_auth.settings import BASE_PATH, PREFIX

T = TypeVar("T")

ATHENA = Path(sys.executable).with_name("athena-auth")
SECRET = "secret-of-the-tests-with-more-than-32-bytes"
PATIENCE = 60.0
"""Seconds to wait for something that takes a fraction of a second if nothing is wrong."""
_PAUSE = 0.02
_API = re.compile(r"API +(https?://\S+)")


def environment(**settings: str) -> dict[str, str]:
    """Return an environment with these settings only, independent of the developer's."""
    return {"PATH": os.environ["PATH"]} | {PREFIX + name.upper(): value for name, value in settings.items()}


def run_athena(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself, in this folder."""
    return run_athena_under((), folder, *arguments, **settings)


def run_athena_under(
    runner: tuple[str, ...], folder: Path, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Do the same below another program, given with its arguments."""
    return subprocess.run(
        [*runner, ATHENA, *arguments],
        cwd=folder,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def wait_for(find: Callable[[], T | None], what: str, *, patience: float = PATIENCE) -> T:
    """Call `find` until it returns something, and return that."""
    deadline = time.monotonic() + patience
    while (found := find()) is None:
        assert time.monotonic() < deadline, f"waited {patience:.0f} s for {what}"
        time.sleep(_PAUSE)
    return found


@dataclass(frozen=True)
class Server:
    """A running server; its output is in files next to its database."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: str = "0"

    @cached_property
    def base_url(self) -> str:
        """The address of the API, `http://localhost:PORT/api/auth`; waits until the server prints it."""
        announced = wait_for(self._announced_url, "the server's announcement")
        # The printed address may be that of a proxy, which tests do not run; such a server has a fixed port.
        return announced if self.port == "0" else f"http://localhost:{self.port}{BASE_PATH}"

    @property
    def announcement(self) -> str:
        """Its standard output: the addresses, and mail if that goes to the console."""
        return self._stdout.read_text()

    @property
    def log(self) -> str:
        return self._stderr.read_text()

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox.jsonl"

    @property
    def _stdout(self) -> Path:
        return self.folder / "stdout"

    @property
    def _stderr(self) -> Path:
        return self.folder / "stderr"

    def sent_code(self, email: str, *, nth: int = 1) -> str:
        """Wait for the n-th mail with a code to this address and return its code."""

        def find() -> str | None:
            mails: list[dict[str, Any]] = [json.loads(line) for line in self.outbox.read_text().splitlines()]
            codes = [mail["code"] for mail in mails if mail["to"] == email and mail.get("code")]
            return codes[nth - 1] if len(codes) >= nth else None

        return wait_for(find, f"code {nth} for {email} in the outbox")

    def sent_link(self, email: str, path: str) -> str:
        """Wait for a mail to this address with a link to this path, and return the link."""

        def find() -> str | None:
            mails: list[dict[str, Any]] = [json.loads(line) for line in self.outbox.read_text().splitlines()]
            return next((m["url"] for m in mails if m["to"] == email and path in m.get("url", "")), None)

        return wait_for(find, f"a link to {path} for {email} in the outbox")

    def stop(self, with_signal: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop and return its exit code, negative when a signal ended it."""
        self.process.send_signal(with_signal)
        code = self.process.wait(PATIENCE)
        assert "Traceback" not in self.log, self.log
        return code

    def kill(self) -> None:
        """Kill it and its workers, in any state."""
        # It leads its own process group, so that its workers are found even after it has ended.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _announced_url(self) -> str | None:
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log}"
        announced = _API.search(self.announcement)
        return announced and announced[1]


@contextmanager
def serving(folder: Path, *arguments: str, **settings: str) -> Iterator[Server]:
    """Run `athena-auth serve` with these settings in this folder; mail goes to a file unless they say otherwise.

    A server that the test has not stopped must still run at the end, and stop without an error.
    """
    with serving_under((), folder, *arguments, **settings) as server:
        yield server


@contextmanager
def serving_under(
    runner: tuple[str, ...], folder: Path, *arguments: str, **settings: str
) -> Iterator[Server]:
    """Do the same below another program, given with its arguments. It must replace itself with the server (exec)."""
    chosen = {"port": "0", "mail_url": f"file://{folder}/outbox.jsonl", "rate_limit": "off", **settings}
    server = Server(
        _start(folder, [*runner, str(ATHENA), "serve", *arguments], environment(**chosen)),
        folder,
        chosen["port"],
    )
    try:
        # The server listens before it prints its address: this is answered as soon as a process serves.
        httpx.get(f"{server.base_url}/ok", timeout=PATIENCE).raise_for_status()
        yield server
        if server.process.returncode is None:
            assert server.stop() == 0, server.log
    except BaseException:
        server.kill()
        raise


def _start(folder: Path, command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            process_group=0,
        )
