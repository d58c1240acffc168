"""Runs the Alembic migrations, each database's way of doing it all or not at all."""

import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from athena_auth.kernel.outcome import Unavailable

_MIGRATIONS = Path(__file__).parent / "migrations"
# Processes that start together over one PostgreSQL meet at this advisory lock; one migrates, the rest find
# it done.
_LOCK = text("SELECT pg_advisory_xact_lock(107161711402593)")


def sqlite(path: Path) -> None:
    """Upgrade an SQLite file.

    Raises:
        Unavailable: it cannot be written.
    """
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    # Python's driver commits before each DDL statement unless told to leave transactions alone. IMMEDIATE
    # makes two processes that start together take turns.
    @event.listens_for(engine, "connect")
    def _leave_transactions_alone(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            _upgrade(connection)
    except SQLAlchemyError as error:
        raise Unavailable(f"cannot migrate the SQLite file {path}: {_first_line(error)}") from None


async def postgres(url: str) -> None:
    """Upgrade a PostgreSQL database.

    Raises:
        Unavailable: it cannot be reached, or the role may not create tables.
    """

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url)  # reads the address exactly as the server will

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(_LOCK)
            await connection.run_sync(_upgrade)
    except (SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
        raise Unavailable(f"cannot migrate PostgreSQL: {_first_line(error)}") from None
    finally:
        await engine.dispose()


def _first_line(error: Exception) -> str:
    """Return what the driver said, without the library's advice that follows."""
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
