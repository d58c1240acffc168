"""Chooses the store of `ATHENA_DATABASE_URL`."""

from athena_auth.kernel.database_url import read_database_url
from athena_auth.store.limits import StoreLimits
from athena_auth.store.postgres import PostgresStore
from athena_auth.store.sqlite import SqliteStore
from athena_auth.store.transaction import Store


def store_at(url: str, limits: StoreLimits | None = None) -> Store:
    """Return the store for an address, not yet opened.

    Raises:
        ValueError: the address is neither SQLite's nor PostgreSQL's, or a parameter of it cannot be used.
    """
    path = read_database_url(url)
    limits = limits or StoreLimits()
    return PostgresStore(url, limits) if path is None else SqliteStore(path, limits)
