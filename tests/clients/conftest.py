"""Fixtures for clients: a server process on a port, on each database in turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.process import SECRET, Server, serving


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    """Run one process over SQLite with a secret it makes itself, and two over PostgreSQL."""
    shared = {"workers": "2", "secret": SECRET} if database_url.startswith("postgresql") else {}
    with serving(tmp_path, database_url=database_url, **shared) as running:
        yield running
