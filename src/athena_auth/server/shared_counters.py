"""Counting requests in a Redis or Valkey that several processes share. Needs the extra `redis`."""

from typing import Any

from limits.aio.storage import RedisStorage
from valkey.asyncio import BlockingConnectionPool

from athena_auth.kernel.clock import SystemClock
from athena_auth.server.counters import WindowCounters

_PREFIX = "athena-auth"
_CONNECTIONS = 10


def shared_counters(url: str) -> WindowCounters:
    """Return counters of all who use this store; it is connected to at the first request.

    Raises:
        ValueError: the address has an option that is not known, or one with a value that cannot be used.
    """
    # The client believes any certificate that is valid, of whatever host, unless it is told to look.
    tls = {"ssl_check_hostname": True} if url.startswith("rediss:") else {}
    try:
        # Its own patience, five seconds and more, is no matter: whoever asks gives up before.
        pool = BlockingConnectionPool.from_url(url, max_connections=_CONNECTIONS, **tls)
        # A pool looks at its options when it makes the first connection, which does not connect yet.
        pool.make_connection()  # type: ignore[no-untyped-call]  # the library's signature has no types
        options: dict[str, Any] = {"implementation": "valkey", "connection_pool": pool}
        storage = RedisStorage(url, key_prefix=_PREFIX, **options)
    except Exception:  # noqa: BLE001 - which ones is not documented
        # Whatever it says may quote a part of the address, which holds a password.
        raise ValueError("an option after the ? of this address is unknown or has a wrong value") from None
    # The library reckons with the machine's clock what the store tells as seconds to live.
    return WindowCounters(storage, SystemClock(), pool.aclose)
