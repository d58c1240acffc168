"""PostgreSQL, through asyncpg and its prepared statements.

READ COMMITTED is enough: every decision that races rests on a guarded write and its row count, or on a row
that an earlier statement of the same transaction has locked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar, cast

import asyncpg

from athena_auth.kernel.outcome import Unavailable
from athena_auth.store.connections import Connection, Connections
from athena_auth.store.statement import Statement, combined
from athena_auth.store.transaction import NOT_OPEN, Listener, OwnerGone, Row, UniqueViolation, Value, Work

T = TypeVar("T")

_POOL_SIZE = 10
_CONNECT_TIMEOUT = 5.0
_ATTEMPTS = 3
_SERVER_SETTINGS = {
    "application_name": "athena-auth",
    # Milliseconds. On the server's side, where a limit costs nothing: a statement that hangs (a lock that is
    # not let go) must not hold a connection for ever, nor an abandoned transaction its locks.
    "statement_timeout": "10000",
    "idle_in_transaction_session_timeout": "10000",
}
_OUT_OF_REACH = (
    OSError,
    TimeoutError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientResourcesError,
    asyncpg.AdminShutdownError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


class _PostgresTx:
    """Runs statements on one connection."""

    def __init__(self, connection: Connection, listeners: Sequence[Listener] = ()) -> None:
        self._connection = connection
        self._listeners = listeners
        self._put_off: list[Statement] = []
        self._arguments: list[Value] = []
        self.actions: list[Callable[[], None]] = []

    async def one(self, statement: Statement, **parameters: Value) -> Row | None:
        arguments = [parameters[name] for name in statement.names]
        return cast("Row | None", await self._connection.fetchrow(statement.postgres, *arguments))

    async def all(self, statement: Statement, **parameters: Value) -> list[Row]:
        arguments = [parameters[name] for name in statement.names]
        return cast("list[Row]", await self._connection.fetch(statement.postgres, *arguments))

    async def run(self, statement: Statement, **parameters: Value) -> int:
        arguments = [parameters[name] for name in statement.names]
        tag = await self._connection.execute(statement.postgres, *arguments)
        return int(tag.rpartition(" ")[2])  # "UPDATE 1", "INSERT 0 1"

    def later(self, statement: Statement, **parameters: Value) -> None:
        self._put_off.append(statement)
        self._arguments += [parameters[name] for name in statement.names]

    def once_committed(self, action: Callable[[], None]) -> None:
        self.actions.append(action)

    def publish(self, fact: object) -> None:
        self.actions += [partial(listener, fact) for listener in self._listeners]

    async def finish(self) -> None:
        """Run what was put off."""
        if self._put_off:
            await self._connection.execute(self._last_statement(), *self._arguments)

    def _last_statement(self) -> str:
        only, *more = self._put_off
        return combined(tuple(self._put_off)) if more else only.postgres


class PostgresStore:
    """A PostgreSQL database that any number of processes share."""

    def __init__(self, url: str) -> None:
        """Take the address, `postgresql://…`; nothing is connected yet."""
        self._url = url
        self._listeners: list[Listener] = []
        self._connections = Connections(self._connect, _POOL_SIZE)
        self._is_open = False

    def listen(self, listener: Listener) -> None:
        """Have a listener told what transactions publish."""
        self._listeners.append(listener)

    async def open(self) -> None:
        """Connect once, so that a wrong address is found at start."""

        async def nothing(_connection: Connection) -> None:
            return

        self._is_open = True
        await self._use(nothing)

    async def close(self) -> None:
        """Disconnect."""
        self._is_open = False
        await self._connections.close()

    async def read(self, work: Work[T]) -> T:
        """Run reading work on one connection, each statement on its own."""
        return await self._use(lambda connection: work(_PostgresTx(connection)))

    async def run(self, statement: Statement, **parameters: Value) -> int:
        """Run one statement, which PostgreSQL commits by itself."""
        return await self._retried(lambda connection: _PostgresTx(connection).run(statement, **parameters))

    async def one(self, statement: Statement, **parameters: Value) -> Row | None:
        """Run one statement, which PostgreSQL commits by itself, and return its first row."""
        return await self._retried(lambda connection: _PostgresTx(connection).one(statement, **parameters))

    async def all(self, statement: Statement, **parameters: Value) -> list[Row]:
        """Run one statement, which PostgreSQL commits by itself, and return its rows."""
        return await self._retried(lambda connection: _PostgresTx(connection).all(statement, **parameters))

    async def transact(self, work: Work[T]) -> T:
        """Run work between BEGIN and COMMIT."""
        return await self._retried(lambda connection: self._in_transaction(connection, work))

    async def _connect(self) -> Connection:
        return await asyncpg.connect(
            self._url, timeout=_CONNECT_TIMEOUT, statement_cache_size=512, server_settings=_SERVER_SETTINGS
        )

    async def _in_transaction(self, connection: Connection, work: Work[T]) -> T:
        await connection.execute("BEGIN")
        tx = _PostgresTx(connection, self._listeners)
        try:
            result = await work(tx)
            await tx.finish()
        except Exception:
            if not connection.is_closed():
                await connection.execute("ROLLBACK")
            raise
        await connection.execute("COMMIT")
        for action in tx.actions:
            action()
        return result

    async def _retried(self, use: Callable[[Connection], Awaitable[T]]) -> T:
        """Use a connection; again when PostgreSQL broke a deadlock at this transaction's cost."""
        for attempt in range(_ATTEMPTS):
            try:
                return await self._use(use)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                await asyncio.sleep(0.01 * 2**attempt)
        raise Unavailable("the transaction lost every attempt to a deadlock")

    async def _use(self, use: Callable[[Connection], Awaitable[T]]) -> T:
        if not self._is_open:
            raise Unavailable(NOT_OPEN)
        try:
            connection = await self._connections.acquire()
            try:
                return await use(connection)
            except asyncio.CancelledError:
                connection.terminate()  # the statement may still be running
                raise
            except asyncpg.InterfaceError as error:
                if connection.is_closed():
                    raise ConnectionResetError(str(error)) from None
                raise  # a misuse of the driver: ours to mend
            finally:
                self._connections.release(connection)
        except asyncpg.UniqueViolationError:
            raise UniqueViolation from None
        except asyncpg.ForeignKeyViolationError:
            raise OwnerGone from None
        except _OUT_OF_REACH as error:
            raise Unavailable(f"PostgreSQL is out of reach: {type(error).__name__}: {error}") from None
