"""Counts requests in a Redis or Valkey that several processes share. Needs the extra `redis`."""

from typing import Any

from limits.aio.storage import RedisStorage
from valkey.asyncio import BlockingConnectionPool

from athena_auth.kernel.clock import SystemClock
from athena_auth.server.counters import WindowCounters

_PREFIX = "athena-auth"
_CONNECTIONS = 10


def shared_counters(url: str) -> WindowCounters:
    """Return counters in this store. The connection is opened at the first request.

    Raises:
        ValueError: the URL has an unknown option, or an option with an invalid value.
    """
    # By default the client accepts a valid certificate of any host.
    tls = {"ssl_check_hostname": True} if url.startswith("rediss:") else {}
    try:
        # The client's own timeouts of five seconds and more do not matter: callers give up earlier.
        pool = BlockingConnectionPool.from_url(url, max_connections=_CONNECTIONS, **tls)
        # A pool checks its options when it makes the first connection object, which does not connect yet.
        pool.make_connection()  # type: ignore[no-untyped-call]  # the library's signature has no types
        options: dict[str, Any] = {"implementation": "valkey", "connection_pool": pool}
        storage = RedisStorage(url, key_prefix=_PREFIX, **options)
    except Exception:  # noqa: BLE001 - which ones is not documented
        # The message may quote a part of the URL, which contains a password.
        raise ValueError("an option after the ? of this URL is unknown or has an invalid value") from None
    # The library converts the store's time to live with the machine's clock.
    return WindowCounters(storage, SystemClock(), pool.aclose)
