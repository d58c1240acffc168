"""`athena-auth migrate`, on both databases."""

from pathlib import Path

import pytest

from athena_auth.settings import BASE_PATH
from support.postgres import PostgresServer
from support.process import SECRET, run_athena, serving


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a database of each kind in turn, without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/athena.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.empty_database()


def test_migrating_twice_does_nothing_the_second_time(tmp_path: Path, empty_database_url: str) -> None:
    first = run_athena(tmp_path, "migrate", "--database-url", empty_database_url)
    second = run_athena(tmp_path, "migrate", database_url=empty_database_url)

    assert (first.returncode, first.stdout) == (0, "The database is up to date now.\n"), first.stderr
    assert (second.returncode, second.stdout) == (0, "The database was already up to date.\n"), second.stderr


def test_serving_an_empty_database_needs_no_step_before(tmp_path: Path, empty_database_url: str) -> None:
    with serving(tmp_path, database_url=empty_database_url, secret=SECRET) as server:
        assert server.base_url.endswith(BASE_PATH)
