"""Runs the Alembic migrations, all of them or none, in each database's own way."""

import secrets
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.migrate import connect_to_postgres
from athena_auth.store.outages import outage_of
from athena_auth.store.postgres_connection import Connection as PostgresConnection
from athena_auth.store.postgres_connection import cut_off_after
from athena_auth.store.sqlite_connection import connect

_MIGRATIONS = Path(__file__).parent / "migrations"
_LONGEST = 900.0
"""Seconds for a whole migration, which may rewrite many rows; a limit in case the database vanishes."""
_PATIENCE = 60.0
# Of processes that start together, the one with this advisory lock migrates, and the others then find nothing to do.
_LOCK = text("SELECT pg_advisory_xact_lock(107161711402593)")


def sqlite(path: Path) -> None:
    """Upgrade an SQLite file.

    Raises:
        Unavailable: it cannot be written.
    """
    # Opened by the server's own function: SQLAlchemy would parse a URL by other rules. This connection also has no implicit
    # transactions, which Python's driver would commit before each DDL statement.
    engine = create_engine("sqlite://", creator=lambda: connect(path), poolclass=NullPool)

    # IMMEDIATE makes two processes that start together take turns.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            _upgrade(connection)
    except SQLAlchemyError as error:
        raise Unavailable(f"cannot migrate the SQLite file {path}: {_first_line(error)}") from None


async def postgres(url: str, *, patience: float = _PATIENCE) -> None:
    """Upgrade a PostgreSQL database.

    Args:
        url: The URL of the database.
        patience: Seconds to wait for another process that migrates it, or for statements that hold a table.

    Raises:
        Unavailable: it cannot be reached, the role may not create tables, or the tables are locked.
    """
    driver = await connect_to_postgres(url)

    async def connect_once() -> PostgresConnection:
        return driver

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect_once,
        poolclass=NullPool,
        # Unique names: behind a pooler another client may have left the default ones on the connection.
        connect_args={"prepared_statement_name_func": lambda: f"athena_{secrets.token_hex(8)}"},
    )
    timer = cut_off_after(driver, _LONGEST)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SET LOCAL lock_timeout = {round(patience * 1000)}"))
            # Rewriting a table may take longer than ordinary statements may.
            await connection.execute(text("SET LOCAL statement_timeout = 0"))
            await connection.execute(_LOCK)
            await connection.run_sync(_upgrade)
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise Unavailable(f"cannot migrate PostgreSQL: {_explain(error)}") from None
    finally:
        timer.cancel()
        driver.terminate()
        await engine.dispose()


def _explain(error: Exception) -> str:
    """Return the driver's message and what to do, without the library's advice that follows."""
    driver_error = getattr(getattr(error, "orig", None), "__cause__", None)
    if isinstance(driver_error, asyncpg.LockNotAvailableError):
        return "another process is migrating it, or holds its tables; try again when that has ended"
    outage = outage_of(driver_error) if isinstance(driver_error, Exception) else None
    return str(outage) if outage is not None else _first_line(error)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def alembic_config() -> Config:
    """Return Alembic's configuration: where the migrations are."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _upgrade(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
