"""Reads and changes the database directly, without the server."""

import contextlib
import sqlite3

import asyncpg

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


async def dump(database_url: str) -> str:
    """Return every value of every row of every table, as text; bytes as they are and as hexadecimal digits."""
    rows = await _postgres(database_url) if database_url.startswith("postgres") else _sqlite(database_url)
    return "\n".join(_text(value) for row in rows for value in row)


async def fetch_all(database_url: str, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    if database_url.startswith("postgres"):
        connection = await asyncpg.connect(database_url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()
    with contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as database:
        return database.execute(query).fetchall()


async def execute(database_url: str, statement: str) -> None:
    """Change the database without the server's knowledge."""
    if database_url.startswith("postgres"):
        connection = await asyncpg.connect(database_url)
        await connection.execute(statement)
        await connection.close()
    else:
        with (
            contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as database,
            database,
        ):
            database.execute(statement)


async def _postgres(url: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        tables = [record[0] for record in await connection.fetch(_TABLES)]
        return [tuple(r) for table in tables for r in await connection.fetch(f'SELECT * FROM "{table}"')]
    finally:
        await connection.close()


def _sqlite(url: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return [row for (name,) in names for row in connection.execute(f'SELECT * FROM "{name}"')]


def _text(value: object) -> str:
    return f"{value.decode('latin-1')} {value.hex()}" if isinstance(value, bytes) else str(value)
