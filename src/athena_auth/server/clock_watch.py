"""Logs when the machine's clock was set, because codes, lockouts and lifetimes depend on it.

Setting the clock opens no hole: a used TOTP step stays used (I3), a lockout until 10:00 ends when the clock says
10:00, failed attempts are counts that time does not reset (I4), and send and request windows that lie in the future
start again. The log entry explains odd refusals to an operator. A machine that was suspended is reported too, because
the monotonic clock stands still during suspension.
"""

import asyncio
import contextlib
import time

from athena_auth.kernel.clock import Clock
from athena_auth.kernel.log import Log

_log = Log(__name__)

_INTERVAL = 5.0
"""Seconds between two comparisons."""
_TOLERANCE = 2.0
"""Seconds of correction that are not logged: time synchronisation makes small ones all the time."""


class ClockWatch:
    """Compares the clock with the monotonic clock, which cannot be set.

    Args:
        clock: The clock to watch.
        interval: Seconds between two comparisons.
    """

    def __init__(self, clock: Clock, *, interval: float = _INTERVAL) -> None:
        self._clock = clock
        self._interval = interval
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to compare, on the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop to compare."""
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
