"""A free list of PostgreSQL connections.

asyncpg's own pool costs 30 to 100 microseconds of CPU a transaction (a proxy around each connection, a timer
and a shield around each acquire), a tenth to a fifth of the budget of a whole request. What this server needs
of a pool is little: connections carry no state, and whoever cannot get one soon is told so.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from athena_auth.kernel.outcome import Unavailable
from athena_auth.store.postgres_connection import Connection


class Connections:
    """At most so many connections, opened when needed and lent to one user at a time, the last used first."""

    def __init__(
        self, connect: Callable[[], Awaitable[Connection]], size: int, patience: float = 2.0
    ) -> None:
        """Take how a connection is opened, how many there may be, and how many seconds to wait for one.

        A longer wait is an overload, which is answered and not queued.
        """
        self._connect = connect
        self._free_places = size
        self._patience = patience
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()

    async def acquire(self) -> Connection:
        """Lend a connection.

        Raises:
            Unavailable: all are lent and none came back in time.
            OSError, asyncpg.PostgresError: a new one could not be opened.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._free_places += 1
        if self._free_places == 0:
            returned = await self._wait()
            if returned is not None:
                return returned
        else:
            self._free_places -= 1
        try:
            return await self._connect()
        except BaseException:
            self._give_up_slot()
            raise

    def release(self, connection: Connection) -> None:
        """Take a connection back; one that is broken, or in the middle of something, is not lent again."""
        if not connection.is_closed() and connection.is_in_transaction():
            connection.terminate()
        if connection.is_closed():
            self._give_up_slot()
        elif not self._hand_over(connection):
            self._idle.append(connection)

    def discard_idle(self) -> None:
        """Forget those that are idle: what broke one connection seldom leaves the others whole."""
        while self._idle:
            self._idle.pop().terminate()
            self._give_up_slot()

    async def close(self) -> None:
        """Close those that are idle; those that are lent are closed by the database when the process ends."""
        idle, self._idle = self._idle, []
        # All at once, and each for a limited time: a database that has vanished says goodbye to none of them.
        await asyncio.gather(*(each.close(timeout=self._patience) for each in idle), return_exceptions=True)

    async def _wait(self) -> Connection | None:
        """Wait for a connection, or (None) for the place of one that broke."""
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
        """Give to the next what came in the very moment its taker left."""
        if not turn.cancelled() and turn.done():
            came = turn.result()
            if came is None:
                self._give_up_slot()
            else:
                self.release(came)

    def _give_up_slot(self) -> None:
        if not self._hand_over(None):
            self._free_places += 1

    def _hand_over(self, connection: Connection | None) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False
