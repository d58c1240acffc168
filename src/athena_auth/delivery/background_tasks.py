"""Work that runs after the response, so that neither the response nor its timing reveals what was found."""

import asyncio
from collections.abc import Coroutine

from athena_auth.kernel.errors import Unavailable
from athena_auth.kernel.log import Log

_log = Log(__name__)

_MOST = 200
"""Tasks that may run at once. Beyond that every request that needs one is refused, whatever it asked for."""


class BackgroundTasks:
    """Runs coroutines without making the caller wait."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def run_soon(self, task_to_run: Coroutine[None, None, None]) -> None:
        """Run a coroutine in the background, and log its failure.

        Raises:
            Unavailable: too many tasks are running.
        """
        if len(self._tasks) >= _MOST:
            task_to_run.close()
            raise Unavailable("too many background tasks are running")
        task = asyncio.create_task(_run(task_to_run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, grace: float = 3.0) -> None:
        """Give running tasks `grace` seconds to end, then cancel them."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()


async def _run(task_to_run: Coroutine[None, None, None]) -> None:
    try:
        await task_to_run
    except Unavailable as outage:
        _log.warning("errand.unavailable", reason=str(outage))
    except Exception as error:  # noqa: BLE001 - no caller waits for the task, so nothing else would report the failure
        _log.error("errand.crashed", error=type(error).__qualname__)
