"""Fixtures: a server over SQLite, over PostgreSQL, or over each in turn."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings
from playwright.sync_api import Browser

from athena_auth.store.migrate import migrate
from athena_auth.store.transaction import DEFER_CHECKS
from support.chromium import chromium
from support.collisions import refuse_collisions
from support.person import Person, sign_up
from support.postgres import PostgresServer
from support.selection import is_slow
from support.world import World, world_over

# How long an example takes tells of the machine, and of what else it does.
settings.register_profile("untimed", deadline=None)
# For `make test-fast`; more examples where a test itself says so.
settings.register_profile("fast", deadline=None, max_examples=10)
settings.load_profile("untimed")

DEFER_CHECKS.append(refuse_collisions)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", type=Path, help="keep a picture of every page and state in this folder")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if is_slow(item):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def screenshots(request: pytest.FixtureRequest) -> Path | None:
    """Return the folder for pictures of pages, if they are wanted."""
    folder: Path | None = request.config.getoption("screenshots")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run Chromium for the tests of a module."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server() -> PostgresServer:
    # Not below pytest's own folder, which only its owner may enter: PostgreSQL refuses to run as root, so
    # the wheel runs it as another user when the tests run as root.
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="athena-postgres-")))
    server.make_template()
    return server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the address of a fresh SQLite file with the schema in place."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'athena.db')}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """Return the address of a fresh PostgreSQL database with the schema in place."""
    return postgres_server.new_database()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return a fresh database of each kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """Run a server over each kind of database in turn."""
    async with world_over(database_url) as running:
        yield running


@pytest_asyncio.fixture
async def sqlite_world(sqlite_url: str) -> AsyncIterator[World]:
    """Run a server over SQLite, for what no database can change."""
    async with world_over(sqlite_url) as running:
        yield running


@pytest_asyncio.fixture
async def postgres_world(postgres_url: str) -> AsyncIterator[World]:
    """Run a server over PostgreSQL, for what SQLite would hide."""
    async with world_over(postgres_url) as running:
        yield running


@pytest_asyncio.fixture
async def ada(world: World) -> Person:
    """Return somebody signed in, with no second factor."""
    return await sign_up(world)
