"""Connects to the first suitable PostgreSQL host, with time limits on both sides of the connection.

Limits are set after connecting, not as startup parameters, most of which a stock PgBouncer refuses. Behind a pooler the
server's connections are shared: in transaction mode each transaction may get another one, in session mode clients use them
in turn. So there each transaction sets its own limits, in the round trip of its BEGIN, and leaves nothing behind.
"""

import asyncio
import socket
from typing import Any

import asyncpg

from athena_auth.store.outages import outage_of
from athena_auth.store.postgres_url import Keepalive, PostgresTarget
from athena_auth.store.transaction import StoreLimits

_STATEMENTS_KEPT = 512
_ON_THE_SERVER = 0.9
"""The share of the client's limit after which the database cancels a statement itself, which keeps the connection usable."""


class Connection(asyncpg.Connection):  # type: ignore[misc]  # the library has no types
    """A connection that knows how its transactions begin."""

    __slots__ = ("begin",)
    begin: str

    @property
    def socket(self) -> Any:
        """The underlying socket, for its options."""
        return self._transport.get_extra_info("socket")


def cut_off_after(connection: Connection, seconds: float) -> asyncio.TimerHandle:
    """Terminate the connection after so many seconds, unless the returned timer is cancelled first.

    One timer on the client covers a whole transaction: a database that has vanished enforces no limit of its own. The
    connection is dropped without PostgreSQL's terminate message, which would wait for the same peer.
    """
    return asyncio.get_running_loop().call_later(seconds, connection.terminate)


class Connector:
    """Opens connections, and tries first the host that worked last."""

    def __init__(self, target: PostgresTarget, limits: StoreLimits) -> None:
        self._target = target
        self._limits = limits
        self._hosts: list[tuple[str | None, int | None]] = [*target.hosts] or [(None, None)]

    async def connect(self) -> Connection:
        """Return a connection that is ready for transactions.

        Raises:
            OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InternalClientError: no host could be used; the last
                one's error.
        """
        for host in [*self._hosts[:-1]]:
            try:
                return await self._connect_to(host)
            except Exception as error:
                if outage_of(error) is None:
                    raise
                # A host that failed moves to the end, so that a standby is tried first only once.
                self._hosts = [*self._hosts[1:], self._hosts[0]]
        return await self._connect_to(self._hosts[-1])

    async def _connect_to(self, host: tuple[str | None, int | None]) -> Connection:
        target, limits = self._target, self._limits
        connection: Connection = await asyncpg.connect(
            target.dsn,
            host=host[0],
            port=host[1],
            timeout=target.connect_timeout or limits.database_timeout,
            statement_cache_size=_STATEMENTS_KEPT if limits.prepared_statements else 0,
            connection_class=Connection,
            **target.options,
        )
        if target.keepalive is not None:
            _keep_alive(connection.socket, target.keepalive)
        timer = cut_off_after(connection, limits.database_timeout)
        try:
            connection.begin = await self._begin(connection)
        except BaseException:
            connection.terminate()
            raise
        finally:
            timer.cancel()
        return connection

    async def _begin(self, connection: Connection) -> str:
        """Set the limits on this connection and return BEGIN; behind a pooler, return a BEGIN that sets them each time."""
        limits = {
            "statement_timeout": self._limits.database_timeout * _ON_THE_SERVER,
            "lock_timeout": self._limits.lock_timeout,
            "idle_in_transaction_session_timeout": self._limits.database_timeout * 2,
        }
        values = {name: f"{name} = {round(seconds * 1000)}" for name, seconds in limits.items()}
        if await _is_pooled(connection):
            # Not the third: it is for clients that vanish, which a pooler notices itself.
            return f"BEGIN; SET LOCAL {values['statement_timeout']}; SET LOCAL {values['lock_timeout']}"
        await connection.execute("; ".join(f"SET {value}" for value in values.values()))
        return "BEGIN"


async def _is_pooled(connection: Connection) -> bool:
    """Return whether a pooler answers: it gives each client a made-up process id for cancel requests."""
    # One query without arguments: it works in every pooling mode.
    (row,) = await connection.fetch("SELECT pg_backend_pid() AS pid")
    return bool(row["pid"] != connection.get_server_pid())


def _keep_alive(sock: Any, keepalive: Keepalive) -> None:
    if sock.family == socket.AF_UNIX:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, keepalive.idle)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, keepalive.interval)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, keepalive.count)
    if keepalive.user_timeout:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, keepalive.user_timeout)
