"""Databases with the schema of earlier versions."""

import sqlite3

import asyncpg
from alembic import command
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from athena_auth.store.upgrade import alembic_config


async def migrate_to(database_url: str, revision: str) -> None:
    """Bring an empty database to an earlier version of the schema."""

    def upgrade(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    if database_url.startswith("sqlite"):
        path = database_url.removeprefix("sqlite:///")
        engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path), poolclass=NullPool)
        with engine.begin() as connection:
            upgrade(connection)
        return
    driver = await asyncpg.connect(database_url)

    async def connect_once() -> asyncpg.Connection:
        return driver

    engine_of_postgres = create_async_engine(
        "postgresql+asyncpg://", async_creator=connect_once, poolclass=NullPool
    )
    async with engine_of_postgres.begin() as asynchronous:
        await asynchronous.run_sync(upgrade)
    await engine_of_postgres.dispose()
