"""`athena-auth backup`: a complete copy of the database while the server runs."""

import contextlib
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from support.dump import dump
from support.person import PASSWORD
from support.postgres import PostgresServer
from support.process import SECRET, Server, run_athena, serving, wait_for

WRITERS = 3
AT_LEAST = 6
"""Accounts that exist before the backup begins, and again that many that are created before the test looks at it."""


class SignUps:
    """Accounts that are created one after the other by several clients until they are told to stop."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stops = threading.Event()
        self.acknowledged: list[str] = []
        self.refused: list[str] = []

    def wait_for(self, accounts: int) -> None:
        wait_for(lambda: len(self.acknowledged) >= accounts or None, f"{accounts} accounts")

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._run, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stops.set()
            for thread in threads:
                thread.join()

    def _run(self, writer: int) -> None:
        with httpx.Client(base_url=self._server.base_url, timeout=30) as client:
            number = 0
            while not self._stops.is_set():
                number += 1
                email = f"user-{writer}-{number}@example.com"
                body = {"email": email, "password": PASSWORD, "name": "User"}
                answer = client.post("/sign-up/email", json=body)
                (self.acknowledged if answer.is_success else self.refused).append(email)


def emails_in(file: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {email for (email,) in database.execute("SELECT email FROM athena_account")}


def assert_refused(folder: Path, *arguments: str, part: str, **settings: str) -> None:
    ended = run_athena(folder, *arguments, **settings)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1), ended.stderr
    assert part in ended.stderr


def test_it_holds_all_that_was_acknowledged_before_it_began_although_others_write(tmp_path: Path) -> None:
    """What was documented, to copy two files, lost what was still in the write-ahead log."""
    backup = tmp_path / "backup.db"
    with serving(tmp_path) as server:
        sign_ups = SignUps(server)
        with sign_ups.running():
            sign_ups.wait_for(AT_LEAST)
            before = set(sign_ups.acknowledged)

            done = run_athena(tmp_path, "backup", "backup.db", "--database-url", "sqlite:///athena.db")

            sign_ups.wait_for(len(before) + AT_LEAST)
        assert (done.returncode, done.stdout) == (
            0,
            "The database was backed up to backup.db.\n",
        ), done.stderr
        assert before <= emails_in(backup)
        assert sign_ups.refused == []


def test_it_is_one_file_of_its_owner_and_the_secret_comes_on_request(tmp_path: Path) -> None:
    with serving(tmp_path):
        run_athena(tmp_path, "backup", "plain.db")
        run_athena(tmp_path, "backup", "whole.db", "--with-secret")
    made = sorted(path.name for path in tmp_path.glob("*.db*") if not path.name.startswith("athena.db"))

    assert made == ["plain.db", "whole.db", "whole.db.secret"]
    assert (tmp_path / "whole.db.secret").read_bytes() == (tmp_path / "athena.db.secret").read_bytes()
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in made} == {0o600}


@pytest.mark.parametrize("taken", ["backup.db", "backup.db.secret"])
def test_it_overwrites_nothing(tmp_path: Path, taken: str) -> None:
    with serving(tmp_path):
        (tmp_path / taken).write_text("another backup")
        before = sorted(tmp_path.iterdir())

        assert_refused(tmp_path, "backup", "backup.db", "--with-secret", part=f"{taken} exists")

        assert (tmp_path / taken).read_text() == "another backup"
        assert sorted(tmp_path.iterdir()) == before


def test_what_cannot_be_backed_up_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "prose.db").write_text("It was a dark and stormy night. " * 100)
    run_athena(tmp_path, "migrate", database_url="sqlite:///good.db")
    before = sorted(tmp_path.iterdir())

    assert_refused(tmp_path, "backup", "backup.db", part="there is no SQLite file athena.db")
    assert_refused(tmp_path, "backup", "backup.db", part="not a database", database_url="sqlite:///prose.db")
    good = {"database_url": "sqlite:///good.db"}
    assert_refused(tmp_path, "backup", "missing/backup.db", part="cannot write missing/backup.db", **good)
    assert_refused(tmp_path, "backup", "backup.db", "--with-secret", part="no good.db.secret", **good)

    assert sorted(tmp_path.iterdir()) == before


def test_a_damaged_database_is_not_called_backed_up(tmp_path: Path) -> None:
    run_athena(tmp_path, "migrate")
    database = tmp_path / "athena.db"
    content = bytearray(database.read_bytes())
    content[-4096:] = b"\xff" * 4096
    database.write_bytes(content)

    assert_refused(tmp_path, "backup", "backup.db", part="athena.db is damaged")
    assert not (tmp_path / "backup.db").exists()


def test_a_database_that_is_locked_is_not_waited_for_without_end(tmp_path: Path) -> None:
    run_athena(tmp_path, "migrate")
    with contextlib.closing(sqlite3.connect(tmp_path / "athena.db", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")

        assert_refused(tmp_path, "backup", "backup.db", part="database is locked")


def test_postgresql_is_left_to_its_own_tools(tmp_path: Path, postgres_server: PostgresServer) -> None:
    url = postgres_server.empty_database()
    (tmp_path / "some.db").touch()

    assert_refused(tmp_path, "backup", "new.db", part="use pg_dump", database_url=url)
    assert_refused(tmp_path, "restore", "some.db", part="athena-auth after-restore", database_url=url)


async def test_the_audit_log_says_nothing_of_a_backup(sqlite_url: str, tmp_path: Path) -> None:
    before = await dump(sqlite_url)

    done = run_athena(tmp_path, "backup", "backup.db", database_url=sqlite_url, secret=SECRET)

    assert done.returncode == 0, done.stderr
    assert await dump(sqlite_url) == before == await dump(f"sqlite:///{tmp_path}/backup.db")
