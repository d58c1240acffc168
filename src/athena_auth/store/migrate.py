"""Brings a database's schema up to date.

The version a database is at is read with its own driver, which takes a millisecond; Alembic and SQLAlchemy,
which take half a second to import, are only imported when there is something to do.
"""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import asyncpg

from athena_auth.kernel.database_url import read_database_url
from athena_auth.kernel.outcome import Unavailable
from athena_auth.store.limits import StoreLimits
from athena_auth.store.outages import outage_of
from athena_auth.store.postgres_connection import Connection, Connector, cut_off_after
from athena_auth.store.postgres_url import parse_postgres_url
from athena_auth.store.sql import VERSION_TABLE, load_schema_version
from athena_auth.store.sqlite_connection import connect, explain
from athena_auth.store.transaction import Store

HEAD = "0007"
"""The newest revision in `migrations/versions`; a test holds it to that."""

LIMITS = StoreLimits(prepared_statements=False)
_READ_VERSION = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a constant


def migrate(url: str) -> bool:
    """Create or upgrade the schema; return whether there was anything to do.

    Raises:
        Unavailable: the database cannot be reached or written, or is newer than this program.
        ValueError: the address is neither SQLite's nor PostgreSQL's.
    """
    path = read_database_url(url)
    version = asyncio.run(_postgres_version(url)) if path is None else schema_version(path)
    if version == HEAD:
        return False
    if version is not None and version > HEAD:
        raise Unavailable(
            f"the database has schema {version}, this program knows {HEAD}: upgrade the program"
        )
    # Imported only here: Alembic takes longer to import than everything else of a start takes together.
    from athena_auth.store import upgrade  # noqa: PLC0415

    if path is None:
        asyncio.run(upgrade.postgres(url))
    else:
        upgrade.sqlite(path)
    return True


def require_current(url: str) -> None:
    """Make sure that the schema is at least this program's, and create nothing.

    Raises:
        Unavailable: it is older or there is none, or the database cannot be reached.
        ValueError: the address is neither SQLite's nor PostgreSQL's.
    """
    path = read_database_url(url)
    if path is not None and not path.exists():
        raise Unavailable(f"there is no SQLite file {path}; athena-auth migrate makes it")
    version = asyncio.run(_postgres_version(url)) if path is None else schema_version(path)
    if version is None or version < HEAD:
        raise Unavailable(
            f"the database has {'no tables' if version is None else f'schema {version}'}, this program needs {HEAD}: "
            "run athena-auth migrate"
        )


async def is_current(store: Store) -> bool:
    """Tell whether the schema of an open database is at least this program's. Raises `Unavailable`."""
    return (await store.read(load_schema_version)) >= HEAD


def schema_version(path: Path) -> str | None:
    """Return the revision that an SQLite file is at; None when it has no tables of ours.

    Raises:
        Unavailable: it cannot be opened, or is no database.
    """
    try:
        with contextlib.closing(connect(path)) as connection:
            tables = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = ?", (VERSION_TABLE,)
            ).fetchall()
            return connection.execute(_READ_VERSION).fetchone()[0] if tables else None
    except sqlite3.Error as error:
        raise Unavailable(f"cannot read the SQLite file {path}: {explain(error)}") from None


async def _postgres_version(url: str) -> str | None:
    connection = await connect_to_postgres(url)
    timer = cut_off_after(connection, LIMITS.database_timeout)
    try:
        # In a transaction, without a prepared statement that outlives it: any pooler takes that.
        async with connection.transaction():
            version: str | None = await connection.fetchval(_READ_VERSION)
    except asyncpg.UndefinedTableError:
        return None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise outage_of(error) or Unavailable(f"PostgreSQL broke off: {error}") from None
    finally:
        timer.cancel()
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=LIMITS.lock_timeout)
    return version


async def connect_to_postgres(url: str) -> Connection:
    """Connect as the server will.

    Raises:
        Unavailable: it is out of reach, or does not hold text in UTF-8.
    """
    try:
        connection = await Connector(parse_postgres_url(url), LIMITS).connect()
    except ValueError as error:
        raise Unavailable(f"ATHENA_DATABASE_URL: {error}") from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        reason = outage_of(error) or f"{type(error).__name__}: {error}"
        raise Unavailable(f"cannot connect to PostgreSQL: {reason}") from None
    encoding = connection.get_settings().server_encoding
    if encoding != "UTF8":
        connection.terminate()
        raise Unavailable(
            f"the database has the encoding {encoding}, which does not hold every name; make one with "
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )
    return connection
