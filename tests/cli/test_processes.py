"""Several workers, and what starts a server: crashes of workers, shutdown, PID 1, systemd."""

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # it ships none
import pytest

from support.process import (
    ATHENA,
    PATIENCE,
    SECRET,
    Server,
    environment,
    run_athena,
    serving,
    serving_under,
    wait_for,
)
from support.services import require

LONG = 60.0
"""Seconds, for what takes several by its nature."""
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - what operators of containers write
_ACTIVATED = """
import os, socket, sys
listener = socket.socket(socket.AF_INET)
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])
"""


class Gate:
    """A TCP port in front of PostgreSQL's socket, which can refuse as a server that is down does, or accept and say nothing."""

    def __init__(self, server_socket: str) -> None:
        self._target = f"{server_socket}/.s.PGSQL.5432"
        self.port = 0
        self.is_silent = False
        self.unanswered = 0
        """Connections that were accepted while the gate was silent."""
        self._pipes: list[socket.socket] = []
        self.open()

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Refuse new connections and reset those that are open."""
        for each in (self._listener, *self._pipes):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._pipes.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                front, _ = listener.accept()
                if self.is_silent:
                    self._pipes.append(front)
                    self.unanswered += 1
                    continue
                back = socket.socket(socket.AF_UNIX)
                back.connect(self._target)
                self._pipes += [front, back]
                for source, sink in ((front, back), (back, front)):
                    threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def gate(postgres_url: str) -> Iterator[Gate]:
    gate = Gate(postgres_url.partition("host=")[2])
    yield gate
    gate.shut()


def through(gate: Gate, postgres_url: str) -> str:
    database = postgres_url.partition("?")[0].rpartition("/")[2]
    return f"postgresql://postgres@127.0.0.1:{gate.port}/{database}"


def workers_of(server: Server) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(server.process.pid).children():
        with suppress(psutil.NoSuchProcess):  # or a zombie, which is one of these
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def status(server: Server, path: str) -> int | None:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{server.base_url}{path}", timeout=PATIENCE).status_code
    return None


def both_serve(server: Server) -> bool | None:
    now = workers_of(server)
    return (
        len(now) == 2 and all(is_serving(server, each, [o for o in now if o != each]) for each in now)
    ) or None


def is_serving(server: Server, worker: psutil.Process, others: list[psutil.Process]) -> bool | None:
    """Tell whether this worker answers: the others are held meanwhile."""
    for other in others:
        other.suspend()
    try:
        return status(server, "/ready") == 200 or None
    finally:
        for other in others:
            other.resume()


def test_a_database_that_refuses_ends_the_start_with_an_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://ada@127.0.0.1:{taken.getsockname()[1]}/x"
        ended = run_athena(tmp_path, "serve", "--workers", "2", port="0", database_url=url, secret=SECRET)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr


@pytest.mark.slow
def test_a_worker_that_dies_while_the_database_is_away_comes_back_with_it(
    tmp_path: Path, postgres_url: str, gate: Gate
) -> None:
    """The new worker could not start, and that ended the whole server, with exit code 0."""
    url = through(gate, postgres_url)
    with serving(tmp_path, "--workers", "2", database_url=url, secret=SECRET) as server:
        wait_for(lambda: both_serve(server), "both workers to serve", patience=LONG)
        lost, left = workers_of(server)
        gate.shut()
        lost.kill()
        wait_for(lambda: server.log.count("worker.ended") >= 2 or None, "a worker that cannot start")

        assert server.process.poll() is None
        assert left.is_running()
        assert status(server, "/ok") == 200
        assert status(server, "/ready") == 503

        gate.open()

        wait_for(lambda: both_serve(server), "both workers to serve", patience=LONG)
        assert "Traceback" not in server.log


@pytest.mark.slow
def test_a_worker_that_hangs_is_replaced(tmp_path: Path, postgres_url: str) -> None:
    """It holds its share of the connections, and answers none of them."""
    with serving(tmp_path, "--workers", "2", database_url=postgres_url, secret=SECRET) as server:
        wait_for(lambda: both_serve(server), "both workers to serve", patience=LONG)
        hung, _ = workers_of(server)
        hung.suspend()
        wait_for(lambda: "worker.hung" in server.log or None, "the supervisor to notice", patience=LONG)
        wait_for(lambda: both_serve(server), "both to serve again", patience=LONG)
        assert not hung.is_running()


@pytest.mark.slow
def test_a_worker_that_hangs_while_it_starts_is_replaced(
    tmp_path: Path, postgres_url: str, gate: Gate
) -> None:
    """Only workers that had been ready were asked whether they still answer: this one held its place for ever."""
    url = through(gate, postgres_url)
    with serving(
        tmp_path, "--workers", "2", database_url=url, secret=SECRET, database_timeout="60"
    ) as server:
        wait_for(lambda: both_serve(server), "both workers to serve", patience=LONG)
        lost, left = workers_of(server)
        gate.is_silent = True
        lost.kill()
        wait_for(lambda: gate.unanswered or None, "a worker that waits for the database", patience=LONG)
        [starting] = [worker for worker in workers_of(server) if worker != left]
        time.sleep(1)  # so that the supervisor has heard from it once; else it is given a minute
        starting.suspend()
        wait_for(lambda: "worker.hung" in server.log or None, "the supervisor to notice", patience=2 * LONG)
        gate.is_silent = False
        wait_for(lambda: both_serve(server), "both to serve again", patience=LONG)


def test_a_stopping_server_refuses_new_connections_at_once(tmp_path: Path, postgres_url: str) -> None:
    """They were accepted into a queue nobody looked at, and reset up to ten seconds later."""
    with serving(tmp_path, "--workers", "2", database_url=postgres_url, secret=SECRET) as server:
        url = httpx.URL(server.base_url)
        with socket.create_connection((url.host, url.port), timeout=PATIENCE) as slow:
            # A request under way keeps its worker from ending, for as long as its body may take.
            slow.sendall(
                b"POST /api/auth/sign-in/email HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
            )
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)

            def refused() -> bool | None:
                try:
                    socket.create_connection((url.host, url.port), timeout=PATIENCE).close()
                except ConnectionRefusedError:
                    return True
                return None

            wait_for(refused, "a refusal")
            assert workers_of(server), "while the request under way is still waited for"
        assert server.process.wait(30) == 0


def test_sighup_replaces_the_workers_and_nobody_is_refused(tmp_path: Path, postgres_url: str) -> None:
    with serving(tmp_path, "--workers", "2", database_url=postgres_url, secret=SECRET) as server:
        wait_for(lambda: len(workers_of(server)) == 2 or None, "two workers")
        before = {worker.pid for worker in workers_of(server)}
        server.process.send_signal(signal.SIGHUP)

        def replaced() -> bool | None:
            assert status(server, "/ok") == 200
            now = {worker.pid for worker in workers_of(server)}
            return (len(now) == 2 and not now & before) or None

        wait_for(replaced, "two new workers", patience=LONG)


@pytest.mark.slow
def test_a_reload_while_a_worker_waits_to_be_started_leaves_no_stray(
    tmp_path: Path, postgres_url: str, gate: Gate
) -> None:
    """The one that the reload started was forgotten when the one that waited was started as well."""
    url = through(gate, postgres_url)
    with serving(tmp_path, "--workers", "2", database_url=url, secret=SECRET) as server:
        wait_for(lambda: both_serve(server), "both workers to serve", patience=LONG)
        lost, _ = workers_of(server)
        gate.shut()
        lost.kill()
        wait_for(lambda: server.log.count("worker.ended") >= 3 or None, "a pause of seconds", patience=LONG)
        gate.open()
        server.process.send_signal(signal.SIGHUP)
        before = {worker.pid for worker in workers_of(server)}
        wait_for(
            lambda: (both_serve(server) and not before & {w.pid for w in workers_of(server)}) or None,
            "two new workers",
            patience=LONG,
        )
        time.sleep(5)  # longer than the pause that was under way
        assert len(workers_of(server)) == 2


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_runs_as_the_first_process_of_a_container(tmp_path: Path, workers: str) -> None:
    """PID 1 gets no signal that it has no handler for, and inherits the orphans of all others."""
    contained = (
        require("unshare", "util-linux"),
        "--user",
        "--map-root-user",
        "--pid",
        "--fork",
        "--kill-child",
    )
    with serving_under(contained, tmp_path, workers=workers) as server:
        [first] = psutil.Process(server.process.pid).children()
        assert first.cmdline()[-1] == "serve"

        first.send_signal(signal.SIGTERM)

        assert server.process.wait(PATIENCE) == 0, server.log
        assert "Traceback" not in server.log


def test_it_listens_on_a_unix_socket_whose_peer_may_be_a_proxy(tmp_path: Path) -> None:
    path = tmp_path / "athena.sock"
    (tmp_path / "athena.sock").touch()
    refused = run_athena(tmp_path, "serve", host=f"unix:{path}")
    assert "already exists and is in use" in refused.stderr
    path.unlink()
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))  # and never removed, as after a power cut

    with _unix_server(tmp_path, path, trusted_proxies="unix:") as server:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://athena") as proxy:
            body = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
            headers = {"x-forwarded-for": "6.6.6.6, 203.0.113.9"}
            token = proxy.post("/api/auth/sign-up/email", json=body, headers=headers).json()["token"]
            session = proxy.get("/api/auth/get-session", headers={"authorization": f"Bearer {token}"}).json()
        assert session["session"]["ipAddress"] == "203.0.113.9"
        assert (path.stat().st_mode & 0o777) == 0o660
        assert "set ATHENA_BASE_URL" in server.announcement
    assert not path.exists()


@contextmanager
def _unix_server(folder: Path, path: Path, **settings: str) -> Iterator[Server]:
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [ATHENA, "serve"],
            cwd=folder,
            env=environment(host=f"unix:{path}", **settings),
            stdout=stdout,
            stderr=stderr,
            process_group=0,
        )
    server = Server(process, folder)
    try:
        wait_for(lambda: "Ctrl-C" in server.announcement or None, "the announcement")
        yield server
        assert server.stop(signal.SIGTERM) == 0
    finally:
        server.kill()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_systemd_hands_it_a_socket_and_is_told_when_it_serves(
    tmp_path: Path, postgres_url: str, workers: str
) -> None:
    """The protocol of sd_listen_fds(3) and sd_notify(3), by which a service starts at its first connection."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)
        with (tmp_path / "stdout").open("wb") as stdout, (tmp_path / "stderr").open("wb") as stderr:
            process = subprocess.Popen(
                [ATHENA.with_name("python"), "-c", _ACTIVATED, ATHENA, "serve"],
                cwd=tmp_path,
                env=environment(database_url=postgres_url, secret=SECRET, workers=workers, port="1")
                | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"},
                stdout=stdout,
                stderr=stderr,
                process_group=0,
            )
        server = Server(process, tmp_path)
        try:
            assert manager.recv(100).startswith(b"READY=1"), server.log
            port = server.announcement.split()[0]
            assert f"http://localhost:{port}/api/auth" in server.announcement
            assert httpx.get(f"http://127.0.0.1:{port}/api/auth/ready").status_code == 200
            said = manager.recv(100)
            while b"WATCHDOG=1" not in said:
                said = manager.recv(100)
            assert server.stop(signal.SIGTERM) == 0
        finally:
            server.kill()


def test_every_address_is_told_apart_from_the_one_that_links_lead_to(tmp_path: Path) -> None:
    """With `--host 0.0.0.0` links in mails led to localhost, and the announcement showed an address no browser opens."""
    with serving(tmp_path, host=EVERY_ADDRESS) as server:
        assert EVERY_ADDRESS not in server.announcement
        assert "API         http://localhost:" in server.announcement
        assert "set ATHENA_BASE_URL to the address that browsers use" in server.announcement
        opened = httpx.get(server.base_url, follow_redirects=True)
        assert opened.status_code == 200
        assert opened.headers["content-type"].startswith("text/html")


def test_an_origin_that_is_refused_is_logged_with_the_one_expected(tmp_path: Path) -> None:
    """Whoever forgot ATHENA_BASE_URL saw a 403 in the browser, and nothing that says what to set."""
    with serving(tmp_path) as server, httpx.Client(base_url=server.base_url) as browser:
        body = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
        browser.post("/sign-up/email", json=body)
        refused = browser.post("/sign-out", headers={"origin": "https://auth.example.com"})
        assert refused.json()["code"] == "INVALID_ORIGIN"
        [line] = [line for line in server.log.splitlines() if "origin.refused" in line]
        assert "https://auth.example.com" in line
        assert server.base_url.removesuffix("/api/auth") in line
        assert "ATHENA_TRUSTED_ORIGINS" in line
