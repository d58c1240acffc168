"""`athena-auth serve`: what it prints, how it stops, how many processes it runs."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil  # type: ignore[import-untyped]  # it ships none
import pytest

from support.process import PATIENCE, SECRET, Server, serving, wait_for


@pytest.fixture
def two_workers(tmp_path: Path, postgres_url: str) -> Iterator[Server]:
    with serving(tmp_path, "--workers", "2", database_url=postgres_url, secret=SECRET) as running:
        for paused in workers_of(running):
            paused.suspend()  # so that the other one answers
            assert_answers(running)
            paused.resume()
        yield running


def workers_of(server: Server) -> list[psutil.Process]:
    """Wait until two processes serve and return them."""
    parent = psutil.Process(server.process.pid)

    def find() -> list[psutil.Process] | None:
        with suppress(psutil.NoSuchProcess):
            workers = [child for child in parent.children() if "spawn_main" in " ".join(child.cmdline())]
            return workers if len(workers) == 2 else None
        return None

    return wait_for(find, "two workers")


def assert_answers(server: Server) -> None:
    assert httpx.get(f"{server.base_url}/get-session", timeout=PATIENCE).json() is None


def test_the_announcement_says_where_everything_is(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        origin = server.base_url.removesuffix("/api/auth")
        lines = dict(line.split(maxsplit=1) for line in server.announcement.splitlines() if line[0] == " ")

        assert lines["Pages"] == f"{origin}/"
        assert "Sign in" in httpx.get(lines["Pages"], follow_redirects=True).text
        assert lines["API"] == f"{origin}/api/auth"
        assert lines["Reference"] == f"{origin}/api/auth/reference"
        assert lines["Sent"] == "codes  sent by file (ATHENA_MAIL_URL)"
        assert lines["Database"] == "sqlite (ATHENA_DATABASE_URL)"
        assert httpx.get(lines["Reference"]).headers["content-type"].startswith("text/html")


def test_without_any_setting_codes_are_shown_in_the_terminal(tmp_path: Path) -> None:
    with serving(tmp_path, mail_url="console:") as server:
        assert "Sent codes  printed here (ATHENA_MAIL_URL)" in server.announcement
        body = {"name": "Ada", "email": "ada@example.com", "password": "correct horse"}
        with httpx.Client(base_url=server.base_url) as client:
            token = client.post("/sign-up/email", json=body).json()["token"]
            enable = {"password": body["password"], "method": "otp"}
            client.post("/two-factor/enable", json=enable, headers={"authorization": f"Bearer {token}"})

        wait_for(lambda: "ada@example.com" in server.announcement or None, "the code in the terminal")


def test_neither_the_mail_servers_nor_the_databases_password_is_announced(
    tmp_path: Path, postgres_url: str
) -> None:
    settings = {
        "database_url": postgres_url.replace("postgres:@", "postgres:hunter2@"),
        "mail_url": "smtp://ada:hunter2@localhost:1?starttls=off",
        "mail_from": "no-reply@example.com",
    }
    with serving(tmp_path, secret=SECRET, **settings) as server:
        assert "sent by smtp" in server.announcement
        assert "hunter2" not in server.announcement + server.log


def test_an_ipv6_address_is_announced_as_a_url_writes_it(tmp_path: Path) -> None:
    """RFC 3986 section 3.2.2; `http://::1:3001` opens in no browser."""
    with serving(tmp_path, host="::1") as server:
        assert server.base_url.startswith("http://[::1]:")


def test_localhost_is_both_loopback_addresses(tmp_path: Path) -> None:
    """To one client `localhost` is 127.0.0.1, to another ::1; a server on one of them is down for the other."""
    with serving(tmp_path) as server:
        port = httpx.URL(server.base_url).port
        found = socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as client:
                client.connect(address)


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(tmp_path: Path, with_signal: signal.Signals) -> None:
    with serving(tmp_path) as server:
        assert (tmp_path / "athena.db-wal").exists()

        assert server.stop(with_signal) == 0

    # SQLite folds the log back into the file when the last connection is closed, and not when it is dropped.
    assert not (tmp_path / "athena.db-wal").exists()


def test_a_request_under_way_is_answered_before_it_stops(tmp_path: Path) -> None:
    body = b'{"name": "Ada", "email": "ada@example.com", "password": "correct horse battery staple"}'
    head = (
        "POST /api/auth/sign-up/email HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nexpect: 100-continue\r\n\r\n"
    )
    with serving(tmp_path) as server:
        address = httpx.URL(server.base_url)
        with socket.create_connection((address.host, address.port), timeout=PATIENCE) as connection:
            connection.sendall(head.encode())
            # RFC 9110 section 10.1.1: now it waits for the body, and the request is surely under way.
            assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
            server.process.send_signal(signal.SIGINT)
            connection.sendall(body)
            answer = b"".join(iter(partial(connection.recv, 10_000), b""))

        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b'"email":"ada@example.com"' in answer
        assert server.process.wait(PATIENCE) == 0
        assert "Traceback" not in server.log


def test_two_workers_both_answer_and_the_death_of_one_is_made_good(two_workers: Server) -> None:
    lost, left = workers_of(two_workers)

    lost.kill()

    assert_answers(two_workers)
    wait_for(lambda: lost.is_running() is False or None, "the dead worker to be noticed")
    replaced = workers_of(two_workers)
    assert left in replaced
    assert lost not in replaced
    assert_answers(two_workers)


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_at_once_stops_them_cleanly(
    two_workers: Server, with_signal: signal.Signals
) -> None:
    """Ctrl-C in a terminal goes to every process of the job, not to the first alone."""
    workers = workers_of(two_workers)

    os.killpg(two_workers.process.pid, with_signal)

    assert two_workers.process.wait(PATIENCE) == 0
    assert "Traceback" not in two_workers.log
    assert not [worker for worker in workers if worker.is_running()]


def test_a_request_head_without_end_is_cut_off(tmp_path: Path) -> None:
    """One connection that never finished its headers filled the memory and stalled everybody else."""
    with serving(tmp_path) as server:
        address = urlsplit(server.base_url)
        assert address.hostname is not None
        with socket.create_connection((address.hostname, address.port or 0), timeout=10) as connection:
            connection.sendall(b"GET /api/auth/ok HTTP/1.1\r\nhost: x\r\nx: ")
            with suppress(ConnectionError):
                for _ in range(200):
                    connection.sendall(b"a" * 10_000)
            with suppress(ConnectionError):
                assert connection.recv(100).startswith(b"HTTP/1.1 431 ")
        with socket.create_connection((address.hostname, address.port or 0), timeout=10) as connection:
            for _ in range(3):
                connection.sendall(
                    b"GET /api/auth/ok HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 30_000 + b"\r\n\r\n"
                )
                answer = b""
                while not answer.endswith(b'{"ok":true}'):
                    answer += connection.recv(1000)
                assert answer.startswith(b"HTTP/1.1 200 ")
