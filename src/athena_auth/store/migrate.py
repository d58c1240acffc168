"""Brings a database's schema up to date.

The schema version is read with the database's own driver, in a millisecond. Alembic and SQLAlchemy take half a second
to import, and are imported only when there is something to migrate.
"""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import asyncpg

from athena_auth.kernel.database_url import read_database_url
from athena_auth.kernel.errors import Unavailable
from athena_auth.store.outages import outage_of
from athena_auth.store.postgres_connection import Connection, Connector, cut_off_after
from athena_auth.store.postgres_url import parse_postgres_url
from athena_auth.store.sqlite_connection import connect, explain
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Store, StoreLimits, Tx

HEAD = "0018"
"""The newest revision in `migrations/versions`; a test compares the two."""

LIMITS = StoreLimits(prepared_statements=False)
VERSION_TABLE = "athena_schema_version"
_READ_VERSION = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a constant


_LOAD_VERSION = Statement(_READ_VERSION)


async def load_schema_version(tx: Tx) -> str:
    """Return the schema revision; empty when there is none."""
    row = await tx.fetch_one(_LOAD_VERSION)
    return "" if row is None else str(row["version_num"])


def migrate(url: str) -> bool:
    """Create or upgrade the schema; return whether there was anything to do.

    Raises:
        Unavailable: the database cannot be reached or written, or is newer than this program.
        ValueError: the URL names neither SQLite nor PostgreSQL.
    """
    path = read_database_url(url)
    version = asyncio.run(_postgres_version(url)) if path is None else schema_version(path)
    if version == HEAD:
        return False
    if version is not None and version > HEAD:
        raise Unavailable(
            f"the database has schema {version}, this program knows {HEAD}: upgrade the program"
        )
    # Imported here only: importing Alembic takes longer than the rest of a start.
    from athena_auth.store import upgrade  # noqa: PLC0415

    if path is None:
        asyncio.run(upgrade.postgres(url))
    else:
        upgrade.sqlite(path)
    return True


def require_current(url: str) -> None:
    """Check that the schema is at least this program's version; create nothing.

    Raises:
        Unavailable: it is older or missing, or the database cannot be reached.
        ValueError: the URL names neither SQLite nor PostgreSQL.
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
    """Return whether an open database's schema is at least this program's version. Raises `Unavailable`."""
    return (await store.read(load_schema_version)) >= HEAD


def schema_version(path: Path) -> str | None:
    """Return an SQLite file's schema revision; None when it has no tables of this program.

    Raises:
        Unavailable: it cannot be opened, or is not a database.
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
        # In a transaction, with no prepared statement that outlives it: every pooler supports that.
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
    """Connect with the limits of the server.

    Raises:
        Unavailable: it cannot be reached, or its encoding is not UTF-8.
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
