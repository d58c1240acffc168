"""SQLite: one writer thread for transactions, one read-only connection on the event loop.

Indexed reads take microseconds and in WAL mode never wait for the writer, so they run on the event loop. A
durable commit needs an fsync, a millisecond or more, so transactions run on a writer thread. It commits all
waiting transactions together (group commit): under load many share one fsync, and no caller gets a result
before that fsync.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.sqlite_connection import connect, translated
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import DEFER_CHECKS, NOT_OPEN, Listener, Row, StoreLimits, Value, Work

T = TypeVar("T")

_MAX_GROUP = 64
_MAX_WAITING = 4096


class _SqliteTx:
    """Runs statements immediately; its methods are coroutines that never suspend."""

    def __init__(self, connection: sqlite3.Connection, listeners: Sequence[Listener] = ()) -> None:
        self._connection = connection
        self._listeners = listeners
        self._deferred: list[Statement] = []
        self._parameters: list[dict[str, Value]] = []
        self.actions: list[Callable[[], None]] = []

    async def fetch_one(self, statement: Statement, **parameters: Value) -> Row | None:
        rows = self._connection.execute(statement.sqlite, parameters).fetchall()
        return cast("Row", rows[0]) if rows else None

    async def fetch_all(self, statement: Statement, **parameters: Value) -> list[Row]:
        return cast("list[Row]", self._connection.execute(statement.sqlite, parameters).fetchall())

    async def execute(self, statement: Statement, **parameters: Value) -> int:
        return self._connection.execute(statement.sqlite, parameters).rowcount

    def defer(self, statement: Statement, **parameters: Value) -> None:
        for check in DEFER_CHECKS:
            check(self._deferred, statement)
        self._deferred.append(statement)
        self._parameters.append(parameters)

    def on_commit(self, action: Callable[[], None]) -> None:
        self.actions.append(action)

    def publish(self, fact: object) -> None:
        self.actions += [partial(listener, fact) for listener in self._listeners]

    def finish(self) -> None:
        """Run the deferred writes."""
        for statement, parameters in zip(self._deferred, self._parameters, strict=True):
            self._connection.execute(statement.sqlite, parameters)


class _Job:
    """A queued transaction, and the future that its caller awaits."""

    __slots__ = ("actions", "error", "future", "loop", "result", "work")

    def __init__(self, work: Work[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None
        self.actions: list[Callable[[], None]] = []

    def settle(self) -> None:
        if self.future.cancelled():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class SqliteStore:
    """A database in one file."""

    def __init__(self, path: Path, limits: StoreLimits) -> None:
        self._path = path
        self._busy_timeout = limits.lock_timeout
        self._listeners: list[Listener] = []
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._ended = False
        self._closing = False

    def listen(self, listener: Listener) -> None:
        """Add a listener for what transactions publish."""
        self._listeners.append(listener)

    async def open(self) -> None:
        """Open both connections and start the writer."""
        self._reader = connect(self._path, read_only=True, busy_timeout=self._busy_timeout)
        self._write_connection = connect(self._path, busy_timeout=self._busy_timeout)
        self._read_tx = _SqliteTx(self._reader)
        self._writer = threading.Thread(target=self._write, name="sqlite-writer", daemon=True)
        self._writer.start()

    async def close(self) -> None:
        """Finish the queued transactions, then close."""
        if self._writer is None:
            return
        self._closing = True
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        self._reader.close()
        self._write_connection.close()

    async def read(self, work: Work[T]) -> T:
        """Run read-only work on the calling thread."""
        if self._closing or self._writer is None:
            raise Unavailable(NOT_OPEN)
        with translated():
            return await work(self._read_tx)

    async def execute(self, statement: Statement, **parameters: Value) -> int:
        """Run one statement as a transaction of its own."""
        return await self.transact(lambda tx: tx.execute(statement, **parameters))

    async def fetch_one(self, statement: Statement, **parameters: Value) -> Row | None:
        """Run one statement as a transaction of its own and return its first row."""
        return await self.transact(lambda tx: tx.fetch_one(statement, **parameters))

    async def fetch_all(self, statement: Statement, **parameters: Value) -> list[Row]:
        """Run one statement as a transaction of its own and return its rows."""
        return await self.transact(lambda tx: tx.fetch_all(statement, **parameters))

    async def transact(self, work: Work[T]) -> T:
        """Run work on the writer thread and return when its commit is on disk."""
        if self._closing or self._writer is None or not self._writer.is_alive():
            raise Unavailable(NOT_OPEN)
        if self._jobs.qsize() >= _MAX_WAITING:
            raise Unavailable("too many transactions wait for the SQLite writer")
        job = _Job(work, asyncio.get_running_loop())
        self._jobs.put(job)
        return cast("T", await job.future)

    def _write(self) -> None:
        while not self._ended and (first := self._jobs.get()) is not None:
            group = [first, *self._waiting(_MAX_GROUP - 1)]
            if not self._commit_together(group):
                # Another process holds the file. Transactions queued meanwhile would wait as long again, one
                # group after the other, so they fail now.
                group += self._failed(self._waiting(_MAX_WAITING), group[0].error)
            for loop in {job.loop for job in group}:
                with contextlib.suppress(RuntimeError):  # the loop is closed, and no caller waits there
                    loop.call_soon_threadsafe(_settle, [job for job in group if job.loop is loop])

    def _waiting(self, most: int) -> Iterator[_Job]:
        for _ in range(most):
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is None:
                self._ended = True  # after this group
                return
            yield job

    def _failed(self, jobs: Iterable[_Job], error: BaseException | None) -> list[_Job]:
        failed = list(jobs)
        for job in failed:
            job.error = error
        return failed

    def _commit_together(self, group: list[_Job]) -> bool:
        """Commit a group; False when the file could not be locked."""
        connection = self._write_connection
        locked = False
        try:
            with translated():
                connection.execute("BEGIN IMMEDIATE")
                locked = True
                self._run_all(group)
                connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - the callers must get it, whatever it is
            self._failed(group, error)
            # A rollback that fails too (a broken disk) is left to the next BEGIN, and must not end this thread.
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        return locked

    def _run_all(self, group: list[_Job]) -> None:
        """Run the jobs of a group. If one fails, run all again, each in a savepoint, so that only that one fails."""
        connection = self._write_connection
        try:
            for job in group:
                self._run(job)
        except Exception:
            if len(group) == 1 or not connection.in_transaction:
                raise
            connection.execute("ROLLBACK")
            connection.execute("BEGIN IMMEDIATE")
            for job in group:
                self._run_apart(job)

    def _run(self, job: _Job) -> None:
        tx = _SqliteTx(self._write_connection, self._listeners)
        job.result = _finish(job.work(tx))
        tx.finish()
        job.actions = tx.actions

    def _run_apart(self, job: _Job) -> None:
        """Run one job in a savepoint of the group's transaction; if it fails, only its writes are rolled back."""
        connection = self._write_connection
        connection.execute("SAVEPOINT job")
        try:
            with translated():
                self._run(job)
        except Exception as error:
            if not connection.in_transaction:
                raise  # SQLite rolled the whole transaction back (disk full)
            connection.execute("ROLLBACK TO job")
            job.error = error
        connection.execute("RELEASE job")


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()
    for job in jobs:
        for action in job.actions if job.error is None else ():
            action()


def _finish(awaitable: Awaitable[T]) -> T:
    """Drive work to its end without an event loop; it awaits nothing but its `tx`, which never suspends."""
    coroutine = cast("Coroutine[Any, Any, T]", awaitable)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    coroutine.close()
    raise RuntimeError("transaction work awaited something other than its tx")
