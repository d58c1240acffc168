"""Work that is done after the answer, so that neither the answer nor its time tells what was found."""

import asyncio
from collections.abc import Coroutine

from athena_auth.kernel.log import Log
from athena_auth.kernel.outcome import Unavailable

_log = Log(__name__)

_MOST = 200
"""Errands under way; whoever asks for more is told to come back later, whatever they asked."""


class BackgroundTasks:
    """Runs what need not be waited for."""

    def __init__(self) -> None:
        """Begin with none."""
        self._tasks: set[asyncio.Task[None]] = set()

    def run_soon(self, task_to_run: Coroutine[None, None, None]) -> None:
        """Run it, and log what went wrong with it.

        Raises:
            Unavailable: too many are under way.
        """
        if len(self._tasks) >= _MOST:
            task_to_run.close()
            raise Unavailable("too many errands are under way")
        task = asyncio.create_task(_run(task_to_run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, grace: float = 3.0) -> None:
        """Give those under way `grace` seconds to end."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()


async def _run(task_to_run: Coroutine[None, None, None]) -> None:
    try:
        await task_to_run
    except Unavailable as outage:
        _log.warning("errand.unavailable", reason=str(outage))
    except Exception as error:  # noqa: BLE001 - nobody waits for it who could hear of it
        _log.error("errand.crashed", error=type(error).__qualname__)
