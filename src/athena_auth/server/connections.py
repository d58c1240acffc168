"""Limits the connections of a server, and decides which one is closed when there are too many.

A connection costs a file descriptor, and a process has a thousand by default. An attacker who opens connections and sends
nothing could use them all up. When a limit is reached, the connection that has waited longest for a request is therefore
closed in favour of the new one, which is more likely to send a request.
"""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_network
from typing import Protocol

import msgspec

from athena_auth.kernel.log import Log
from athena_auth.kernel.network import address_of, network_of

_log = Log(__name__)

_INTERVAL = 1.0
"""Seconds between two checks of the deadlines."""
_QUIET = 60.0
"""Seconds between two log entries about connections that were closed for the same reason."""
_RESERVE = 124
"""File descriptors reserved for the database, mail, logs and listening sockets."""
_MOST = 10_000


class ConnectionLimits(msgspec.Struct, frozen=True):
    """Limits for the connections of one process."""

    total: int | None = None
    """The most connections. None is the limit of open files, less a reserve."""
    per_client: int = 256
    """The most connections from one address (IPv6: one /64) that is not exempt."""
    exempt: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Addresses or networks that carry many clients: this machine's own and those of trusted proxies."""
    head_seconds: float = 10.0
    """Seconds until the head of a request must be complete."""
    body_seconds: float = 10.0
    """Seconds until a body must be complete, plus one for each `body_rate` bytes received."""
    body_rate: int = 1024
    """Bytes a second."""

    @property
    def most(self) -> int:
        """The most connections in this process."""
        if self.total is not None:
            return self.total
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return max(16, min(_MOST, allowed - _RESERVE))


class GuardedConnection(Protocol):
    """What `ConnectionGuard` needs of a connection."""

    @property
    def waits_since(self) -> float | None:
        """When the connection began to wait for the head of a request; None while a request is being handled."""
        ...

    def check(self, now: float) -> None:
        """Close the connection if a deadline has passed."""
        ...

    def make_room(self) -> None:
        """Close the connection in favour of another."""
        ...


class ConnectionGuard:
    """Counts the connections of one server, and checks their deadlines once a second."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: ConnectionLimits) -> None:
        self._loop = loop
        self._most, self._per_client = limits.most, limits.per_client
        self._exempt = tuple(ip_network(part, strict=False) for part in limits.exempt)
        self._connections: dict[GuardedConnection, str | None] = {}
        self._clients: Counter[str] = Counter()
        self._cuts: dict[str, int] = {}
        self._quiet_until: dict[str, float] = {}
        self._is_watching = False

    def admit(self, connection: GuardedConnection, address: str | None) -> bool:
        """Count a new connection. False means that there are too many and that all of them are busy."""
        client = None if address is None or self._is_exempt(address) else network_of(address)
        if client is not None and self._clients[client] >= self._per_client:
            return self._replace(connection, client, lambda other: self._connections[other] == client)
        if len(self._connections) >= self._most:
            return self._replace(connection, client, lambda _other: True)
        self._add(connection, client)
        return True

    def release(self, connection: GuardedConnection) -> None:
        """Stop counting a connection that was closed."""
        client = self._connections.pop(connection, None)
        if client is not None:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]

    def count_cut(self, reason: str) -> None:
        """Count a connection that was cut. Once a minute the number is logged for each reason."""
        self._cuts[reason] = self._cuts.get(reason, 0) + 1
        self._report(self._loop.time())

    def _replace(
        self,
        connection: GuardedConnection,
        client: str | None,
        may_go: Callable[[GuardedConnection], bool],
    ) -> bool:
        waiting = [
            (since, other)
            for other in self._connections
            if may_go(other) and (since := other.waits_since) is not None
        ]
        if not waiting:
            return False
        _, oldest = min(waiting, key=lambda pair: pair[0])
        self.release(oldest)
        oldest.make_room()
        self._add(connection, client)
        return True

    def _add(self, connection: GuardedConnection, client: str | None) -> None:
        self._connections[connection] = client
        if client is not None:
            self._clients[client] += 1
        if not self._is_watching:
            self._is_watching = True
            self._loop.call_later(_INTERVAL, self._watch)

    def _is_exempt(self, address: str) -> bool:
        parsed = address_of(address)
        # None is a Unix socket.
        return parsed is None or any(parsed in network for network in self._exempt)

    def _watch(self) -> None:
        now = self._loop.time()
        for connection in list(self._connections):
            connection.check(now)
        self._report(now)
        self._is_watching = bool(self._connections or self._cuts)
        if self._is_watching:
            self._loop.call_later(_INTERVAL, self._watch)

    def _report(self, now: float) -> None:
        for reason in [each for each in self._cuts if now >= self._quiet_until.get(each, 0.0)]:
            self._quiet_until[reason] = now + _QUIET
            _log.warning("connection.cut", cause=reason, times=self._cuts.pop(reason))
