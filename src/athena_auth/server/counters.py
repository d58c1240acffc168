"""Counts requests with the library `limits`, in this process or in a store that several processes share.

The library takes three megabytes, so this module is imported when the first request is counted.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import cache

from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from athena_auth.kernel.clock import Clock, Millis, after, seconds_until
from athena_auth.wire.limits import Limit

_MOST = 50_000
"""Windows that a process keeps, about fifteen megabytes. An attacker with more addresses is not limited by them."""


class WindowCounters:
    """Counts requests in windows of a minute. A window begins with the first request that it counts.

    Args:
        storage: Where requests are counted.
        clock: The clock of the storage.
        close: Disconnects the storage.
    """

    def __init__(self, storage: Storage, clock: Clock, close: Callable[[], Awaitable[None]]) -> None:
        self._storage = storage
        self._limiter = FixedWindowRateLimiter(storage)
        self._clock = clock
        self._close = close

    async def consume(self, limit: Limit, bucket: str) -> int | None:
        """Count one request. If it exceeds the limit, return the seconds until the next is allowed.

        Raises:
            Exception: the store is unreachable; the type depends on its driver.
        """
        item = _item(limit)
        if await self._limiter.hit(item, bucket):
            return None
        ends = await self._storage.get_expiry(item.key_for(bucket))
        return seconds_until(Millis(int(ends * 1000)), self._clock.now())

    async def close(self) -> None:
        """Disconnect the storage."""
        await self._close()


@cache
def _item(limit: Limit) -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(limit.per_minute, namespace=limit.name)


def local_counters(clock: Clock) -> WindowCounters:
    """Return counters of this process."""
    return WindowCounters(ProcessMemory(clock), clock, _nothing)


async def _nothing() -> None:
    pass


class ProcessMemory(Storage):
    """Keeps the counts in this process.

    The library's own store scans all its keys at each request. With 50,000 of them, which an attacker with an IPv6
    network gets for free, every request of every client would take 7 ms more. Here all windows are equally long, so the
    first to end comes first.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._windows: OrderedDict[str, tuple[int, Millis]] = OrderedDict()
        """By key: the count, and the end of the window."""

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """Empty: counting in memory cannot fail."""
        return ()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count. A window that does not exist begins now and lasts `expiry` seconds."""
        now = self._clock.now()
        self._forget_ended(now)
        counted, ends = self._windows.get(key, (0, after(now, expiry)))
        if not now < ends <= after(now, expiry):  # it has ended, or the clock was set
            counted, ends = 0, after(now, expiry)
            self._windows.pop(key, None)
        self._windows[key] = (counted + amount, ends)
        if len(self._windows) > _MOST:
            self._windows.popitem(last=False)
        return counted + amount

    async def get(self, key: str) -> int:
        """Return the count."""
        self._forget_ended(self._clock.now())
        return self._windows.get(key, (0, 0))[0]

    async def get_expiry(self, key: str) -> float:
        """Return the end of the window in Unix seconds."""
        return self._windows.get(key, (0, self._clock.now()))[1] / 1000

    async def check(self) -> bool:
        """Return True: memory is always available."""
        return True

    async def clear(self, key: str) -> None:
        """Delete one window."""
        self._windows.pop(key, None)

    async def reset(self) -> int:
        """Delete all windows, and return how many there were."""
        forgotten = len(self._windows)
        self._windows.clear()
        return forgotten

    def _forget_ended(self, now: Millis) -> None:
        while self._windows and next(iter(self._windows.values()))[1] <= now:
            self._windows.popitem(last=False)
