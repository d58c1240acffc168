"""Counting requests, by the library `limits`: in this process, or in a store that several processes share.

The library takes three megabytes; this module is imported when the first request is counted.
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
"""Windows that a process keeps, some fifteen megabytes: who has more addresses than that is not limited by them."""


class WindowCounters:
    """Counts requests in windows of a minute; each begins with the first request that it counts."""

    def __init__(self, storage: Storage, clock: Clock, close: Callable[[], Awaitable[None]]) -> None:
        """Take where they are counted, the clock by which that reckons, and what disconnects it."""
        self._storage = storage
        self._limiter = FixedWindowRateLimiter(storage)
        self._clock = clock
        self._close = close

    async def consume(self, limit: Limit, bucket: str) -> int | None:
        """Count one request. When it is one too many, return after how many seconds the next is allowed.

        Raises:
            Exception: the store is out of reach; which one depends on its driver.
        """
        item = _item(limit)
        if await self._limiter.hit(item, bucket):
            return None
        ends = await self._storage.get_expiry(item.key_for(bucket))
        return seconds_until(Millis(int(ends * 1000)), self._clock.now())

    async def close(self) -> None:
        """Disconnect."""
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

    The library's own store looks through all its keys at each request: with 50,000 of them, which somebody with
    an IPv6 network has at no cost, every request of everybody would take 7 ms more. Here all windows are equally
    long, so that the first to end stands first.
    """

    def __init__(self, clock: Clock) -> None:
        """Take the clock."""
        super().__init__()
        self._clock = clock
        self._windows: OrderedDict[str, tuple[int, Millis]] = OrderedDict()
        """By key: how many were counted, and when the window ends."""

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What it can fail with: nothing."""
        return ()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; a window that is not there begins now and lasts `expiry` seconds."""
        now = self._clock.now()
        self._forget_ended(now)
        counted, ends = self._windows.get(key, (0, after(now, expiry)))
        if not now < ends <= after(now, expiry):  # it is over, or the clock was set
            counted, ends = 0, after(now, expiry)
            self._windows.pop(key, None)
        self._windows[key] = (counted + amount, ends)
        if len(self._windows) > _MOST:
            self._windows.popitem(last=False)
        return counted + amount

    async def get(self, key: str) -> int:
        """Return how many were counted."""
        self._forget_ended(self._clock.now())
        return self._windows.get(key, (0, 0))[0]

    async def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        return self._windows.get(key, (0, self._clock.now()))[1] / 1000

    async def check(self) -> bool:
        """Tell that it is well."""
        return True

    async def clear(self, key: str) -> None:
        """Forget one window."""
        self._windows.pop(key, None)

    async def reset(self) -> int:
        """Forget all windows; return how many."""
        forgotten = len(self._windows)
        self._windows.clear()
        return forgotten

    def _forget_ended(self, now: Millis) -> None:
        while self._windows and next(iter(self._windows.values()))[1] <= now:
            self._windows.popitem(last=False)
