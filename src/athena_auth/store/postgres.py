"""PostgreSQL, through asyncpg's pool and prepared statements.

READ COMMITTED is enough: every decision that races rests on a guarded write and its row count, or on a row
that an earlier statement of the same transaction has locked.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, TypeVar, cast

import asyncpg

from athena_auth.kernel.outcome import Unavailable
from athena_auth.store.statement import Batch, Statement
from athena_auth.store.transaction import Row, UniqueViolation, Value, Work

T = TypeVar("T")

_POOL_SIZE = 10
_ACQUIRE_TIMEOUT = 2.0
"""Seconds to wait for a connection; longer is an overload, which is answered and not queued."""
_COMMAND_TIMEOUT = 10.0
_ATTEMPTS = 3
_OUT_OF_REACH = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InsufficientResourcesError,
    asyncpg.AdminShutdownError,
)


class _PostgresTx:
    """Runs statements on one connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

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

    async def run_all(self, batch: Batch, **parameters: Value) -> None:
        await self.one(batch.combined, **parameters)


class PostgresStore:
    """A PostgreSQL database that any number of processes share."""

    def __init__(self, url: str) -> None:
        """Take the address, `postgresql://…`; nothing is connected yet."""
        self._url = url
        self._pool: Any = None

    async def open(self) -> None:
        """Connect the pool."""
        try:
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=1,
                max_size=_POOL_SIZE,
                command_timeout=_COMMAND_TIMEOUT,
                statement_cache_size=512,
                # Sessions carry no state from one use to the next, so there is nothing to reset; the
                # default would cost a round trip for each transaction.
                reset=_keep_as_it_is,
                server_settings={"application_name": "athena-auth"},
            )
        except (*_OUT_OF_REACH, asyncpg.PostgresError, ValueError) as error:
            raise Unavailable(f"cannot connect to PostgreSQL: {type(error).__name__}: {error}") from None

    async def close(self) -> None:
        """Wait for running transactions, then disconnect."""
        if self._pool is not None:
            await self._pool.close()

    async def read(self, work: Work[T]) -> T:
        """Run reading work on a connection of the pool, each statement on its own."""
        async with self._connection() as connection:
            return await work(_PostgresTx(connection))

    async def run(self, statement: Statement, **parameters: Value) -> int:
        """Run one statement, which PostgreSQL commits by itself."""
        async with self._connection() as connection:
            return await _PostgresTx(connection).run(statement, **parameters)

    async def transact(self, work: Work[T]) -> T:
        """Run work between BEGIN and COMMIT; once more when PostgreSQL broke a deadlock at its cost."""
        for attempt in range(_ATTEMPTS):
            try:
                async with self._connection() as connection:
                    return await _in_transaction(connection, work)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                await asyncio.sleep(0.01 * 2**attempt)
        raise Unavailable("the transaction lost every attempt to a deadlock")

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            connection = await self._pool.acquire(timeout=_ACQUIRE_TIMEOUT)
            try:
                yield connection
            finally:
                await self._pool.release(connection)
        except asyncpg.UniqueViolationError:
            raise UniqueViolation from None
        except _OUT_OF_REACH as error:
            raise Unavailable(f"PostgreSQL is out of reach: {type(error).__name__}") from error


async def _in_transaction(connection: Any, work: Work[T]) -> T:
    await connection.execute("BEGIN")
    try:
        result = await work(_PostgresTx(connection))
    except BaseException:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")
    return result


async def _keep_as_it_is(connection: Any) -> None:
    """Leave the session as it is."""
