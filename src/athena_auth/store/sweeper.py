"""Deletes expired rows, in small batches, in one process at a time, and runs what else is due from time to time.

Correctness does not depend on it: an expired row is refused wherever it is read. It keeps tables and backups
small, and limits how long personal data is kept.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable

import msgspec

from athena_auth.kernel.clock import Clock, Millis, after
from athena_auth.kernel.errors import Unavailable
from athena_auth.kernel.log import Log
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Store, Tx, Value

_log = Log(__name__)

_INTERVAL = 60.0
"""Seconds between sweeps, give or take a quarter, so that processes that start together drift apart."""
_BATCH = 500
_PAUSE = 0.05
"""Seconds between batches, to let other writes through."""
_NAME = "sweep"

_LEASE = Statement("""
    INSERT INTO athena_lease (name, leased_until) VALUES (:name, :until)
    ON CONFLICT (name) DO UPDATE SET leased_until = :until WHERE athena_lease.leased_until <= :now
""")


class Sweep(msgspec.Struct, frozen=True):
    """A statement that deletes up to `most` rows before `cutoff`, and the cutoff at a given time."""

    statement: Statement
    cutoff: Callable[[Millis], Value] = int
    """By default the time itself, for rows that hold their expiry."""


Job = Callable[[], Awaitable[int]]
"""Work that is due from time to time; it returns how much was done, or found. Another process may run it at the same time."""


class Sweeper:
    """Runs the sweeps of all slices, in small batches, and then the jobs, from `start` to `stop`.

    Args:
        jobs: What one process does for all.
        reports: What each process does for itself, such as reading a number for its metrics.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sweeps: tuple[Sweep, ...],
        *,
        jobs: tuple[Job, ...] = (),
        reports: tuple[Job, ...] = (),
        interval: float = _INTERVAL,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sweeps = sweeps
        self._jobs = jobs
        self._reports = reports
        self._interval = interval
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sweep in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop; the database commits a running batch or rolls it back."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def sweep(self) -> int:
        """Delete everything expired, unless another process is doing so; return the number of rows."""
        for report in self._reports:
            await _attempt(report)
        if not await self._is_ours():
            return 0
        deleted = sum([await self._sweep_one(sweep) for sweep in self._sweeps])
        for job in self._jobs:
            await _attempt(job)
        return deleted

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval * (0.75 + secrets.randbelow(500) / 1000))
            deleted = await _attempt(self.sweep)
            if deleted is not None:
                _log.debug("sweep", deleted=deleted)

    async def _is_ours(self) -> bool:
        now = self._clock.now()

        async def work(tx: Tx) -> bool:
            # One process sweeps at a time.
            until = after(now, self._interval / 2)
            return await tx.execute(_LEASE, name=_NAME, until=until, now=now) == 1

        return await self._store.transact(work)

    async def _sweep_one(self, sweep: Sweep) -> int:
        deleted = 0
        while True:
            cutoff = sweep.cutoff(self._clock.now())
            batch = await self._store.execute(sweep.statement, cutoff=cutoff, most=_BATCH)
            deleted += batch
            if batch < _BATCH:
                return deleted
            await asyncio.sleep(_PAUSE)


async def _attempt(work: Job) -> int | None:
    """Run work, and return what it returns; None if it failed.

    What fails must keep neither the other work nor the next sweep from running.
    """
    try:
        return await work()
    except Unavailable as outage:
        _log.warning("sweep.store_unavailable", reason=str(outage))
    except Exception as error:  # noqa: BLE001 - nothing would restart this task
        _log.error("sweep.crashed", error=type(error).__qualname__)
    return None
