"""PostgreSQL, through asyncpg and its prepared statements.

READ COMMITTED is enough: every decision that can race depends on a guarded write's row count, or on a row that an
earlier statement of the same transaction has locked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar, cast

import asyncpg

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.connections import Connections
from athena_auth.store.outages import keeps_connection, outage_of
from athena_auth.store.postgres_connection import Connection, Connector, cut_off_after
from athena_auth.store.postgres_url import parse_postgres_url
from athena_auth.store.statement import Statement, batched
from athena_auth.store.transaction import (
    DEFER_CHECKS,
    NOT_OPEN,
    Listener,
    OwnerGone,
    Row,
    StoreLimits,
    UniqueViolation,
    Value,
    Work,
)

T = TypeVar("T")

_POOL_SIZE = 10
_ATTEMPTS = 3
# The transaction was rolled back and may succeed when repeated: it lost a deadlock, or a migration has made its prepared
# statements obsolete.
_TRY_AGAIN = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)


class _PostgresTx:
    """Runs statements on one connection."""

    def __init__(self, connection: Connection, listeners: Sequence[Listener] = ()) -> None:
        self._connection = connection
        self._listeners = listeners
        self._deferred: list[Statement] = []
        self._arguments: list[Value] = []
        self.actions: list[Callable[[], None]] = []

    async def fetch_one(self, statement: Statement, **parameters: Value) -> Row | None:
        arguments = [parameters[name] for name in statement.names]
        return cast("Row | None", await self._connection.fetchrow(statement.postgres, *arguments))

    async def fetch_all(self, statement: Statement, **parameters: Value) -> list[Row]:
        arguments = [parameters[name] for name in statement.names]
        return cast("list[Row]", await self._connection.fetch(statement.postgres, *arguments))

    async def execute(self, statement: Statement, **parameters: Value) -> int:
        arguments = [parameters[name] for name in statement.names]
        tag = await self._connection.execute(statement.postgres, *arguments)
        return int(tag.rpartition(" ")[2])  # "UPDATE 1", "INSERT 0 1"

    def defer(self, statement: Statement, **parameters: Value) -> None:
        for check in DEFER_CHECKS:
            check(self._deferred, statement)
        self._deferred.append(statement)
        self._arguments += [parameters[name] for name in statement.names]

    def on_commit(self, action: Callable[[], None]) -> None:
        self.actions.append(action)

    def publish(self, fact: object) -> None:
        self.actions += [partial(listener, fact) for listener in self._listeners]

    async def finish(self) -> None:
        """Run the deferred writes."""
        first = 0
        for statement, count in batched(tuple(self._deferred)):
            await self._connection.execute(statement, *self._arguments[first : first + count])
            first += count


class PostgresStore:
    """A PostgreSQL database that any number of processes share.

    Raises:
        ValueError: a parameter of its URL cannot be used.
    """

    def __init__(self, url: str, limits: StoreLimits) -> None:
        self._limits = limits
        self._listeners: list[Listener] = []
        self._connections = Connections(Connector(parse_postgres_url(url), limits).connect, _POOL_SIZE)
        self._is_open = False

    def listen(self, listener: Listener) -> None:
        """Add a listener for what transactions publish."""
        self._listeners.append(listener)

    async def open(self) -> None:
        """Connect once, so that a wrong URL is found at start."""

        async def nothing(_connection: Connection) -> None:
            return

        self._is_open = True
        await self._use(nothing)

    async def close(self) -> None:
        """Disconnect."""
        self._is_open = False
        await self._connections.close()

    async def read(self, work: Work[T]) -> T:
        """Run read-only work on one connection, without a transaction."""
        return await self._retried(self._alone(work))

    async def execute(self, statement: Statement, **parameters: Value) -> int:
        """Run one statement, which PostgreSQL commits by itself."""
        return await self._retried(self._alone(lambda tx: tx.execute(statement, **parameters)))

    async def fetch_one(self, statement: Statement, **parameters: Value) -> Row | None:
        """Run one statement, which PostgreSQL commits by itself, and return its first row."""
        return await self._retried(self._alone(lambda tx: tx.fetch_one(statement, **parameters)))

    async def fetch_all(self, statement: Statement, **parameters: Value) -> list[Row]:
        """Run one statement, which PostgreSQL commits by itself, and return its rows."""
        return await self._retried(self._alone(lambda tx: tx.fetch_all(statement, **parameters)))

    async def transact(self, work: Work[T]) -> T:
        """Run work between BEGIN and COMMIT."""
        return await self._retried(lambda connection: self._in_transaction(connection, work))

    def _alone(self, work: Work[T]) -> Callable[[Connection], Awaitable[T]]:
        """Return how to run work whose statements need no transaction.

        Without prepared statements the driver parses and executes in two steps. A pooler in transaction mode may send them
        to two server connections, unless a transaction holds them together.
        """
        if self._limits.prepared_statements:
            return lambda connection: work(_PostgresTx(connection))
        return lambda connection: self._in_transaction(connection, work)

    async def _in_transaction(self, connection: Connection, work: Work[T]) -> T:
        await connection.execute(connection.begin)
        tx = _PostgresTx(connection, self._listeners)
        try:
            result = await work(tx)
            await tx.finish()
        except Exception as error:
            if keeps_connection(error):
                await connection.execute("ROLLBACK")
            raise
        await connection.execute("COMMIT")
        for action in tx.actions:
            action()
        return result

    async def _retried(self, use: Callable[[Connection], Awaitable[T]]) -> T:
        """Use a connection, and repeat that after an error that allows it."""
        for attempt in range(_ATTEMPTS):
            try:
                return await self._use(use)
            except _TRY_AGAIN:
                await asyncio.sleep(0.01 * 2**attempt)
        raise Unavailable("the transaction lost every attempt to a deadlock or a migration")

    async def _use(self, use: Callable[[Connection], Awaitable[T]]) -> T:
        if not self._is_open:
            raise Unavailable(NOT_OPEN)
        try:
            return await self._on_a_connection(use)
        except asyncpg.UniqueViolationError:
            raise UniqueViolation from None
        except asyncpg.ForeignKeyViolationError:
            raise OwnerGone from None
        except _TRY_AGAIN:
            raise
        except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
            outage = outage_of(error)
            if outage is None:
                raise
            raise outage from None

    async def _on_a_connection(self, use: Callable[[Connection], Awaitable[T]]) -> T:
        connection = await self._connections.acquire()
        timer = cut_off_after(connection, self._limits.database_timeout)
        try:
            return await use(connection)
        except asyncio.CancelledError:
            connection.terminate()  # the statement may still be running
            raise
        except Exception as error:
            self._after(error, connection)
            if asyncio.get_running_loop().time() >= timer.when():
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
            self._connections.release(connection)

    def _after(self, error: Exception, connection: Connection) -> None:
        """Close the connections that an error makes suspect.

        Raises:
            ConnectionResetError: the driver was asked to use a connection that has broken.
        """
        if isinstance(error, asyncpg.InterfaceError) and not connection.is_closed():
            return  # misuse of the driver: a bug of this program
        if not keeps_connection(error):
            connection.terminate()
            self._connections.discard_idle()
        if isinstance(error, asyncpg.InterfaceError):
            raise ConnectionResetError(str(error)) from None
