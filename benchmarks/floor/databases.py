"""The least there can be between a coroutine and a driver: no pool's checks, no translation of errors.

The shape is the server's own, since that is what the floor is compared with: on SQLite one hop to a writer
thread for each transaction and one commit for all that wait; on PostgreSQL a connection from a free list.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import asyncpg

from athena_auth.store.statement import Statement, batched

T = TypeVar("T")
Row = Any
_CONNECTIONS = 10


class Tx(Protocol):
    """Runs statements; `fetch_one` returns the first row or None."""

    async def fetch_one(self, statement: Statement, **parameters: Any) -> Row: ...

    async def execute(self, statement: Statement, **parameters: Any) -> None: ...

    def defer(self, statement: Statement, **parameters: Any) -> None: ...


Work = Callable[[Tx], Awaitable[T]]


class Database(Protocol):
    """What the floor's requests see of a database."""

    async def open(self) -> None: ...

    async def read(self, statement: Statement, **parameters: Any) -> Row: ...

    async def execute(self, statement: Statement, **parameters: Any) -> None: ...

    async def transact(self, work: Work[T]) -> T: ...


def database_at(url: str) -> Database:
    """Return the database at a `sqlite:///` or `postgresql://` address."""
    sqlite = "sqlite:///"
    return Sqlite(Path(url.removeprefix(sqlite))) if url.startswith(sqlite) else Postgres(url)


class _SqliteTx:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    async def fetch_one(self, statement: Statement, **parameters: Any) -> Row:
        rows = self._execute(statement.sqlite, parameters).fetchall()
        return rows[0] if rows else None

    async def execute(self, statement: Statement, **parameters: Any) -> None:
        self._execute(statement.sqlite, parameters)

    def defer(self, statement: Statement, **parameters: Any) -> None:
        self._execute(statement.sqlite, parameters)

    def publish(self, fact: object) -> None:
        """Nobody listens."""


class Sqlite:
    """A file; its schema is there already."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[tuple[Work[Any], asyncio.Future[Any]]] = queue.SimpleQueue()

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = _SqliteTx(self._connect())
        self._writer = self._connect()
        threading.Thread(target=self._write, daemon=True).start()

    async def read(self, statement: Statement, **parameters: Any) -> Row:
        return await self._reader.fetch_one(statement, **parameters)

    async def transact(self, work: Work[T]) -> T:
        future = self._loop.create_future()
        self._jobs.put((work, future))
        return cast("T", await future)

    async def execute(self, statement: Statement, **parameters: Any) -> None:
        await self.transact(lambda tx: tx.execute(statement, **parameters))

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _write(self) -> None:
        tx, execute = _SqliteTx(self._writer), self._writer.execute
        while True:
            group = [self._jobs.get()]
            while not self._jobs.empty():
                group.append(self._jobs.get())
            execute("BEGIN IMMEDIATE")
            try:
                done = [(future, _finish(work(tx))) for work, future in group]
            except Exception as error:
                # A floor that has fallen behind the server's statements must say so, not hang.
                self._loop.call_soon_threadsafe(_fail, [future for _, future in group], error)
                raise
            execute("COMMIT")
            self._loop.call_soon_threadsafe(_settle, done)


def _finish(work: Awaitable[Any]) -> Any:
    try:
        cast("Coroutine[Any, Any, Any]", work).send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("the work suspended")


def _fail(futures: list[asyncio.Future[Any]], error: Exception) -> None:
    for future in futures:
        future.set_exception(error)


def _settle(done: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in done:
        future.set_result(result)


class _PostgresTx:
    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._last: list[Statement] = []
        self._arguments: list[Any] = []

    async def fetch_one(self, statement: Statement, **parameters: Any) -> Row:
        arguments = [parameters[name] for name in statement.names]
        return await self._connection.fetchrow(statement.postgres, *arguments)

    async def execute(self, statement: Statement, **parameters: Any) -> None:
        arguments = [parameters[name] for name in statement.names]
        await self._connection.execute(statement.postgres, *arguments)

    def defer(self, statement: Statement, **parameters: Any) -> None:
        self._last.append(statement)
        self._arguments += [parameters[name] for name in statement.names]

    def publish(self, fact: object) -> None:
        """Nobody listens."""

    async def finish(self) -> None:
        first = 0
        for statement, count in batched(tuple(self._last)):
            await self._connection.execute(statement, *self._arguments[first : first + count])
            first += count


class Postgres:
    """A database; its schema is there already."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()

    async def open(self) -> None:
        for _ in range(_CONNECTIONS):
            self._free.put_nowait(await asyncpg.connect(self._url, statement_cache_size=512))

    async def read(self, statement: Statement, **parameters: Any) -> Row:
        connection = await self._free.get()
        row = await _PostgresTx(connection).fetch_one(statement, **parameters)
        self._free.put_nowait(connection)
        return row

    async def execute(self, statement: Statement, **parameters: Any) -> None:
        connection = await self._free.get()
        await _PostgresTx(connection).execute(statement, **parameters)
        self._free.put_nowait(connection)

    async def transact(self, work: Work[T]) -> T:
        connection = await self._free.get()
        tx = _PostgresTx(connection)
        await connection.execute("BEGIN")
        result = await work(tx)
        await tx.finish()
        await connection.execute("COMMIT")
        self._free.put_nowait(connection)
        return result
