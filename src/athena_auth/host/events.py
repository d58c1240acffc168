"""Events for a host's own code: what the trail records, told after it is committed.

Each subscriber has a queue and is told one event at a time, in the order in which this process committed them. It
runs beside requests and never delays or fails one: what it raises is logged, and when its queue is full the newest
events are dropped and counted in the log. So an event is told at most once, and only in the process where it
happened; whoever must not miss any reads the trail, which is in the database.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from fnmatch import fnmatchcase

import structlog

from athena_auth.audit.model import Event, Recorded
from athena_auth.host.model import AuthEvent, event_of

_log = structlog.get_logger(__name__)

Subscriber = Callable[[AuthEvent], Awaitable[None] | None]

_MOST_WAITING = 10_000
_GRACE = 3.0
"""Seconds that subscribers get for what is waiting when the server stops."""


class _Subscription:
    """A subscriber and the events that wait for it."""

    def __init__(self, subscriber: Subscriber, names: frozenset[str]) -> None:
        self._subscriber = subscriber
        self._names = names
        self._waiting: asyncio.Queue[Recorded] | None = None
        self._task: asyncio.Task[None] | None = None

    def offer(self, recorded: Recorded) -> None:
        """Let it wait for its turn."""
        if self._waiting is None or recorded.entry.event not in self._names:
            return
        try:
            self._waiting.put_nowait(recorded)
        except asyncio.QueueFull:
            _log.error("subscriber.overrun", subscriber=self._name, dropped=recorded.entry.event.value)

    def start(self) -> None:
        self._waiting = asyncio.Queue(_MOST_WAITING)
        self._task = asyncio.create_task(self._work(self._waiting))

    async def stop(self) -> None:
        if self._task is None or self._waiting is None:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._waiting.join(), _GRACE)
        self._waiting = None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _work(self, waiting: asyncio.Queue[Recorded]) -> None:
        while True:
            recorded = await waiting.get()
            try:
                await self._tell(event_of(recorded))
            finally:
                waiting.task_done()

    async def _tell(self, event: AuthEvent) -> None:
        try:
            told = self._subscriber(event)
            if inspect.isawaitable(told):
                await told
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

    def __init__(self) -> None:
        """Begin with nobody."""
        self._subscriptions: list[_Subscription] = []
        self._running = False

    def subscribe(self, subscriber: Subscriber, pattern: str) -> None:
        """Have events told whose name matches a pattern of the shell's kind, such as `second-step:*`.

        Raises:
            ValueError: no event has such a name.
        """
        names = frozenset(event.value for event in Event if fnmatchcase(event.value, pattern))
        if not names:
            raise ValueError(f"no event matches {pattern!r}; the reference lists their names")
        subscription = _Subscription(subscriber, names)
        self._subscriptions.append(subscription)
        if self._running:
            subscription.start()

    def hear(self, fact: object) -> None:
        """Take what a transaction published."""
        if isinstance(fact, Recorded):
            for subscription in self._subscriptions:
                subscription.offer(fact)

    def start(self) -> None:
        """Begin to tell; on the event loop that serves."""
        self._running = True
        for subscription in self._subscriptions:
            subscription.start()

    async def stop(self) -> None:
        """Tell what is waiting, for a few seconds at most, and end."""
        self._running = False
        for subscription in self._subscriptions:
            await subscription.stop()
