"""Chooses the store of `ATHENA_DATABASE_URL`."""

from athena_auth.kernel.database_url import read_database_url
from athena_auth.store.postgres import PostgresStore
from athena_auth.store.sqlite import SqliteStore
from athena_auth.store.transaction import Store


def store_at(url: str) -> Store:
    """Return the store for an address, not yet opened.

    Raises:
        ValueError: the address is neither SQLite's nor PostgreSQL's.
    """
    path = read_database_url(url)
    return PostgresStore(url) if path is None else SqliteStore(path)
