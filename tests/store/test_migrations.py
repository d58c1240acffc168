"""The schema's history."""

import sqlite3
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from athena_auth.kernel.errors import Unavailable
from athena_auth.store import upgrade
from athena_auth.store.migrate import HEAD, migrate
from athena_auth.store.upgrade import alembic_config
from support.postgres import PostgresServer


def test_the_head_that_is_named_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.empty_database()


def test_an_empty_database_is_migrated_once(empty_url: str) -> None:
    assert migrate(empty_url) is True
    assert migrate(empty_url) is False


def test_a_new_sqlite_file_is_its_owners_only(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'new.db'}")

    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    migrate(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE athena_schema_version SET version_num = '9999'")
    connection.commit()
    connection.close()

    with pytest.raises(Unavailable, match="upgrade the program"):
        migrate(f"sqlite:///{path}")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ada, " * 1000)

    with pytest.raises(Unavailable):
        migrate(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear Ada")


async def test_a_migration_does_not_wait_for_ever_for_another(postgres_server: PostgresServer) -> None:
    """One that hung held up every process that started after it, each without a word."""
    url = postgres_server.empty_database()
    other = await asyncpg.connect(url)
    async with other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(107161711402593)")
        with pytest.raises(Unavailable, match="another process is migrating it"):
            await upgrade.postgres(url, patience=0.2)
    await other.close()
    await upgrade.postgres(url)
