"""Says in the log when the machine's clock was set, since codes, locks and lifetimes are reckoned by it.

Nothing is lost or let in by that: a used TOTP step stays used (I3), a lock that was to end at ten ends when the
clock says ten, budgets of guesses are counts that no time resets (I4), and windows of sends and requests that lie
in the future begin anew. But whoever looks into odd refusals must find it. A machine that slept is said to have
been set too: the clock that cannot be set stands still in sleep.
"""

import asyncio
import contextlib
import time

from athena_auth.kernel.clock import Clock
from athena_auth.kernel.log import Log

_log = Log(__name__)

_INTERVAL = 5.0
"""Seconds between two looks."""
_TOLERANCE = 2.0
"""Seconds that the clock may be corrected by, as it is all the time, without a word."""


class ClockWatch:
    """Compares the clock with one that cannot be set."""

    def __init__(self, clock: Clock, *, interval: float = _INTERVAL) -> None:
        """Take the clock to watch; nothing is looked at before `start`."""
        self._clock = clock
        self._interval = interval
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look from now on."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        offset = self._offset()
        while True:
            await asyncio.sleep(self._interval)
            jump = self._offset() - offset
            if abs(jump) > _TOLERANCE:
                _log.warning("clock.jumped", seconds=round(jump, 1))
            offset += jump

    def _offset(self) -> float:
        return self._clock.now() / 1000 - time.monotonic()
