"""Events for a host application: the entries of the audit log, delivered after their commit.

Each subscriber has a queue and receives one event at a time, in the order in which this process committed them. A
coroutine function delays no request. What a subscriber raises is logged. When its queue is full, new events are dropped
and logged. An event is therefore delivered at most once, and only in the process where it happened. An application that
must not miss any reads the audit log in the database.
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
"""A function or a coroutine function; its result is ignored."""

_MOST_WAITING = 10_000
_GRACE = 3.0
"""Seconds that all subscribers together get for their queued events when the server stops."""
_LAST_GRACE = 1.0
"""Seconds that subscribers get to end after they were cancelled."""


class _Subscription:
    """A subscriber and its queue of events."""

    def __init__(self, subscriber: Subscriber, names: frozenset[str]) -> None:
        self._subscriber = subscriber
        self._names = names
        self._waiting: asyncio.Queue[RecordedEvent] | None = None
        self._task: asyncio.Task[None] | None = None

    def offer(self, recorded: RecordedEvent) -> None:
        """Queue an event, if the subscriber wants it."""
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
        """Wait until all queued events are delivered."""
        if self._waiting is not None:
            await self._waiting.join()

    def cancel(self) -> asyncio.Task[None] | None:
        """Cancel the subscriber's task and return it."""
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
            result = self._subscriber(event)
            if inspect.isawaitable(result):
                await result
        except (Exception, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise  # this task itself was cancelled, not something that the subscriber waited for
            _log.error("subscriber.failed", subscriber=self._name, error=type(error).__qualname__)

    @property
    def _name(self) -> str:
        return getattr(self._subscriber, "__qualname__", type(self._subscriber).__qualname__)


class Events:
    """Delivers events to subscribers."""

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names
        self._subscriptions: list[_Subscription] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def subscribe(self, subscriber: Subscriber, pattern: str) -> None:
        """Subscribe to the events whose name matches a shell pattern, such as `second-step:*`.

        Raises:
            ValueError: no event name matches the pattern.
        """
        names = frozenset(name for name in self._names() if fnmatchcase(name, pattern))
        if not names:
            raise ValueError(f"no event matches {pattern!r}; the reference lists their names")
        subscription = _Subscription(subscriber, names)
        self._subscriptions.append(subscription)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(subscription.start)

    def receive(self, fact: object) -> None:
        """Receive what a transaction published, on any event loop."""
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
        """Start delivering, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        for subscription in self._subscriptions:
            subscription.start()

    async def stop(self) -> None:
        """Deliver the queued events for a few seconds at most, then end, even if a subscriber hangs."""
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
