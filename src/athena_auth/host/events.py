"""Events for a host's own code: what the trail records, told after it is committed.

Each subscriber has a queue and is told one event at a time, in the order in which this process committed them. It
runs beside requests and never delays or fails one: what it raises is logged, and when its queue is full the newest
events are dropped, and the log says which. So an event is told at most once, and only in the process where it
happened; whoever must not miss any reads the trail, which is in the database.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from athena_auth.audit.model import RecordedEvent
from athena_auth.host.model import AuthEvent, event_of
from athena_auth.kernel.log import Log

_log = Log(__name__)

Subscriber = Callable[[AuthEvent], object]
"""A function or a coroutine function; what it returns is of no interest."""

_MOST_WAITING = 10_000
_GRACE = 3.0
"""Seconds that all subscribers together get for what is waiting when the server stops."""
_LAST_GRACE = 1.0
"""Seconds that those get which were told to end then."""


class _Subscription:
    """A subscriber and the events that wait for it."""

    def __init__(self, subscriber: Subscriber, names: frozenset[str]) -> None:
        self._subscriber = subscriber
        self._names = names
        self._waiting: asyncio.Queue[RecordedEvent] | None = None
        self._task: asyncio.Task[None] | None = None

    def offer(self, recorded: RecordedEvent) -> None:
        """Let it wait for its turn."""
        if self._waiting is None or recorded.entry.name not in self._names:
            return
        try:
            self._waiting.put_nowait(recorded)
        except asyncio.QueueFull:
            _log.error("subscriber.overrun", subscriber=self._name, dropped=recorded.entry.name)

    def start(self) -> None:
        self._waiting = asyncio.Queue(_MOST_WAITING)
        self._task = asyncio.create_task(self._work(self._waiting))

    async def finish(self) -> None:
        """Wait until it has been told all that waits."""
        if self._waiting is not None:
            await self._waiting.join()

    def cancel(self) -> asyncio.Task[None] | None:
        """End it, and return what is ending."""
        self._waiting = None
        if self._task is not None:
            self._task.cancel()
        return self._task

    async def _work(self, waiting: asyncio.Queue[RecordedEvent]) -> None:
        while True:
            recorded = await waiting.get()
            try:
                await self._deliver(event_of(recorded))
            finally:
                waiting.task_done()

    async def _deliver(self, event: AuthEvent) -> None:
        try:
            delivered = self._subscriber(event)
            if inspect.isawaitable(delivered):
                await delivered
        except (Exception, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise  # it is we who are told to end, and not something that the host's code waited for
            _log.error("subscriber.failed", subscriber=self._name, error=type(error).__qualname__)

    @property
    def _name(self) -> str:
        return getattr(self._subscriber, "__qualname__", type(self._subscriber).__qualname__)


class Events:
    """Tells subscribers what happened."""

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names
        self._subscriptions: list[_Subscription] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def subscribe(self, subscriber: Subscriber, pattern: str) -> None:
        """Have events told whose name matches a pattern of the shell's kind, such as `second-step:*`.

        Raises:
            ValueError: no event has such a name.
        """
        names = frozenset(name for name in self._names() if fnmatchcase(name, pattern))
        if not names:
            raise ValueError(f"no event matches {pattern!r}; the reference lists their names")
        subscription = _Subscription(subscriber, names)
        self._subscriptions.append(subscription)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(subscription.start)

    def hear(self, fact: object) -> None:
        """Take what a transaction published, on whatever event loop it was run."""
        if not isinstance(fact, RecordedEvent) or self._loop is None:
            return
        if asyncio.get_running_loop() is self._loop:
            self._offer(fact)
        else:
            self._loop.call_soon_threadsafe(self._offer, fact)

    def _offer(self, recorded: RecordedEvent) -> None:
        for subscription in self._subscriptions:
            subscription.offer(recorded)

    def start(self) -> None:
        """Begin to tell; on the event loop that serves."""
        self._loop = asyncio.get_running_loop()
        for subscription in self._subscriptions:
            subscription.start()

    async def stop(self) -> None:
        """Tell what is waiting, for a few seconds at most, and end, whatever subscribers do."""
        self._loop = None
        if not self._subscriptions:
            return
        finishing = [asyncio.create_task(each.finish()) for each in self._subscriptions]
        await asyncio.wait(finishing, timeout=_GRACE)
        ending = [*finishing, *filter(None, [each.cancel() for each in self._subscriptions])]
        for task in finishing:
            task.cancel()
        _, stuck = await asyncio.wait(ending, timeout=_LAST_GRACE)
        if stuck:
            _log.error("subscriber.stuck", subscribers=len(stuck))
