"""`athena-auth restore`: accepts only a complete database of ours, and only while no process has the old file open."""

import contextlib
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from alembic import command
from sqlalchemy import create_engine

from athena_auth.store.migrate import HEAD
from athena_auth.store.upgrade import alembic_config
from support.person import PASSWORD
from support.process import SECRET, Server, run_athena, serving

ADA, BOB, EVE = "ada@example.com", "bob@example.com", "eve@example.com"


def sign_up(server: Server, email: str) -> None:
    body = {"email": email, "password": PASSWORD, "name": "User"}
    httpx.post(f"{server.base_url}/sign-up/email", json=body, timeout=30).raise_for_status()


def emails_in(file: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {email for (email,) in database.execute("SELECT email FROM athena_account")}


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def change(file: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute(statement)


def assert_refused(folder: Path, *arguments: str, part: str, **settings: str) -> None:
    ended = run_athena(folder, "restore", *arguments, **settings)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1), ended.stderr
    assert part in ended.stderr


def assert_restored(folder: Path, *arguments: str, **settings: str) -> None:
    done = run_athena(folder, "restore", *arguments, **settings)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.startswith("The database was restored. ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a backup, which knows Ada, of a database that knows Bob too."""
    with serving(tmp_path) as server:
        sign_up(server, ADA)
        assert run_athena(tmp_path, "backup", "old.db", "--with-secret").returncode == 0
        sign_up(server, BOB)
    for name in ("stdout", "stderr", "outbox.jsonl"):
        (tmp_path / name).unlink()
    return tmp_path


def test_a_lost_database_and_its_secret_come_back(folder: Path) -> None:
    secret = (folder / "athena.db.secret").read_bytes()
    for path in folder.glob("athena.db*"):
        path.unlink()

    assert_restored(folder, "old.db")

    assert sorted(path.name for path in folder.iterdir()) == [
        "athena.db",
        "athena.db.secret",
        "old.db",
        "old.db.secret",
    ]
    assert emails_in(folder / "athena.db") == {ADA}
    assert (folder / "athena.db.secret").read_bytes() == secret
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    with serving(folder) as server:
        sign_up(server, EVE)


def test_a_database_that_is_there_is_replaced_only_on_request(folder: Path) -> None:
    before = content_of(folder)

    assert_refused(folder, "old.db", part="athena.db exists")
    assert content_of(folder) == before

    assert_restored(folder, "old.db", "--force", "--database-url", "sqlite:///athena.db")

    assert emails_in(folder / "athena.db") == {ADA}
    assert sorted(content_of(folder)) == sorted(before)
    with serving(folder) as server:
        sign_up(server, BOB)


def test_it_is_refused_while_a_server_has_the_database_open(folder: Path) -> None:
    """The server would go on with a file that has no name any more, and what it acknowledges would be lost."""
    with serving(folder) as server:
        assert_refused(folder, "old.db", "--force", part="a server has athena.db open: stop it first")

        sign_up(server, EVE)
    assert emails_in(folder / "athena.db") == {ADA, BOB, EVE}


def test_what_a_lost_database_left_in_its_log_is_not_replayed_into_the_backup(folder: Path) -> None:
    """SQLite takes any log of the right name for the database's own, and the two together are damaged."""
    with serving(folder) as server:
        sign_up(server, EVE)
        server.kill()
    assert (folder / "athena.db-wal").stat().st_size > 0
    (folder / "athena.db").unlink()

    assert_restored(folder, "old.db")

    assert emails_in(folder / "athena.db") == {ADA}


def test_what_a_killed_server_left_in_its_log_does_not_stop_the_restore(folder: Path) -> None:
    with serving(folder) as server:
        sign_up(server, EVE)
        server.kill()

    assert_restored(folder, "old.db", "--force")

    assert emails_in(folder / "athena.db") == {ADA}


def test_two_files_that_were_copied_by_hand_are_restored_with_their_log(folder: Path) -> None:
    """So it was documented; what is in the log of such a copy must not be lost once more."""
    with serving(folder) as server:
        sign_up(server, EVE)
        server.kill()
    for ending in ("", "-wal"):
        (folder / f"athena.db{ending}").rename(folder / f"copy.db{ending}")
    (folder / "athena.db-shm").unlink()

    assert_restored(folder, "copy.db")

    assert emails_in(folder / "athena.db") == {ADA, BOB, EVE}


def test_a_backup_of_an_older_version_is_upgraded(folder: Path) -> None:
    """It has no table yet for some of what is ended."""
    engine = create_engine(f"sqlite:///{folder / 'older.db'}")
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
    engine.dispose()

    assert_restored(folder, "older.db", "--force")

    assert run_athena(folder, "migrate").stdout == "The database was already up to date.\n"
    assert emails_in(folder / "athena.db") == set()


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-4096:] = b"\xff" * 4096
    file.write_bytes(content)


def make_newer(file: Path) -> None:
    change(file, "UPDATE athena_schema_version SET version_num = '9999'")


def make_anothers(file: Path) -> None:
    file.unlink()
    change(file, "CREATE TABLE recipe (title TEXT)")


@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (Path.unlink, "there is no file old.db"),
        (lambda file: file.write_text("It was a dark and stormy night. " * 100), "not a database"),
        (damage, "old.db is damaged"),
        (make_anothers, "old.db holds no database of Athena Auth"),
        (make_newer, f"schema 9999, this program knows {HEAD}"),
    ],
)
def test_what_is_no_database_of_ours_changes_nothing(
    folder: Path, spoil: Callable[[Path], object], part: str
) -> None:
    spoil(folder / "old.db")
    (folder / "athena.db").chmod(0o640)
    before = content_of(folder)

    assert_refused(folder, "old.db", "--force", part=part)

    assert content_of(folder) == before
    with serving(folder):
        pass


def test_the_database_is_no_backup_of_itself(folder: Path) -> None:
    assert_refused(folder, "athena.db", "--force", part="athena.db is the database itself")


def test_a_secret_that_is_in_place_is_never_replaced(folder: Path) -> None:
    secret = folder / "athena.db.secret"
    secret.write_text(SECRET)
    before = content_of(folder)

    assert_refused(folder, "old.db", "--force", part="athena.db.secret is another secret than old.db.secret")

    assert content_of(folder) == before


def test_a_damaged_database_is_not_thrown_away(folder: Path) -> None:
    (folder / "athena.db").write_text("It was a dark and stormy night. " * 100)
    before = content_of(folder)

    assert_refused(folder, "old.db", "--force", part="move it and the files beside it away")

    assert content_of(folder) == before
