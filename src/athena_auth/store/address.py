"""Chooses the store of `ATHENA_DATABASE_URL`."""

from athena_auth.kernel.database_url import read_database_url
from athena_auth.store.postgres import PostgresStore
from athena_auth.store.sqlite import SqliteStore
from athena_auth.store.transaction import Store, StoreLimits


def store_at(url: str, limits: StoreLimits | None = None) -> Store:
    """Return the store of a database URL, not yet opened.

    Raises:
        ValueError: the URL names neither SQLite nor PostgreSQL, or has a parameter that cannot be used.
    """
    path = read_database_url(url)
    limits = limits or StoreLimits()
    return PostgresStore(url, limits) if path is None else SqliteStore(path, limits)
