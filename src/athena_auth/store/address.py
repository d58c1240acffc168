"""Reads `ATHENA_DATABASE_URL`."""

from pathlib import Path
from urllib.parse import unquote

from athena_auth.store.postgres import PostgresStore
from athena_auth.store.sqlite import SqliteStore
from athena_auth.store.transaction import Store

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite address, or None for PostgreSQL.

    Raises:
        ValueError: it is neither.
    """
    if url.startswith(_POSTGRES):
        return None
    path = unquote(url.removeprefix(_SQLITE))
    if not url.startswith(_SQLITE) or not path or ":memory:" in path:
        raise ValueError("ATHENA_DATABASE_URL looks like sqlite:///athena.db or postgresql://user@host/name.")
    return Path(path)


def store_at(url: str) -> Store:
    """Return the store for an address, not yet opened.

    Raises:
        ValueError: the address is neither SQLite's nor PostgreSQL's.
    """
    path = sqlite_path(url)
    return PostgresStore(url) if path is None else SqliteStore(path)
