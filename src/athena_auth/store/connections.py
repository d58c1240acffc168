"""A free list of PostgreSQL connections.

asyncpg's own pool costs 30 to 100 microseconds of CPU a transaction (a proxy around each connection, a timer
and a shield around each acquire), a tenth to a fifth of the budget of a whole request. This server
needs little of a pool: connections carry no state, and a caller that cannot get one soon gets an error.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.postgres_connection import Connection


class Connections:
    """At most `size` connections, opened on demand, used by one caller at a time, the last used first."""

    def __init__(
        self, connect: Callable[[], Awaitable[Connection]], size: int, patience: float = 2.0
    ) -> None:
        self._connect = connect
        self._free_slots = size
        self._patience = patience
        """Seconds to wait for a connection. A longer wait means overload, and callers get an error instead of queueing."""
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()

    async def acquire(self) -> Connection:
        """Return a connection for one caller's use until `release`.

        Raises:
            Unavailable: all are in use and none was released in time.
            OSError, asyncpg.PostgresError: a new one could not be opened.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._free_slots += 1
        if self._free_slots == 0:
            returned = await self._wait()
            if returned is not None:
                return returned
        else:
            self._free_slots -= 1
        try:
            return await self._connect()
        except BaseException:
            self._give_up_slot()
            raise

    def release(self, connection: Connection) -> None:
        """Return a connection to the pool; one that is broken or inside a transaction is closed instead."""
        if not connection.is_closed() and connection.is_in_transaction():
            connection.terminate()
        if connection.is_closed():
            self._give_up_slot()
        elif not self._hand_over(connection):
            self._idle.append(connection)

    def discard_idle(self) -> None:
        """Close the idle connections: what broke one has usually broken the others."""
        while self._idle:
            self._idle.pop().terminate()
            self._give_up_slot()

    async def close(self) -> None:
        """Close the idle connections; those in use end with the process."""
        idle, self._idle = self._idle, []
        # All at once, each with a timeout: a database that has vanished answers none of them.
        await asyncio.gather(*(each.close(timeout=self._patience) for each in idle), return_exceptions=True)

    async def _wait(self) -> Connection | None:
        """Wait for a connection, or for the slot of one that broke (None)."""
        turn: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._patience):
                return await turn
        except TimeoutError:
            self._pass_on(turn)
            raise Unavailable("all connections to PostgreSQL are busy") from None
        except asyncio.CancelledError:
            self._pass_on(turn)
            raise

    def _pass_on(self, turn: "asyncio.Future[Connection | None]") -> None:
        """Pass on what arrived just as its caller gave up."""
        if not turn.cancelled() and turn.done():
            came = turn.result()
            if came is None:
                self._give_up_slot()
            else:
                self.release(came)

    def _give_up_slot(self) -> None:
        if not self._hand_over(None):
            self._free_slots += 1

    def _hand_over(self, connection: Connection | None) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False
