"""The outbox: a message is decided on in the use case's transaction and sent after its commit (I9, I10).

The row is written with the rest of the use case, so a mail exists exactly when what it tells of happened.
The process that wrote it sends it at once from memory and deletes the row. Until then the row is leased to
that process; when it dies, the lease runs out and any process takes the row over. A mail can therefore go
out twice (a crash between sending and deleting) but is never lost while it is still of use.

What a row holds is sealed: a code must not be readable in a stolen database (I7).
"""

import asyncio
import contextlib

import msgspec

from athena_auth.crypto.keys import Keyring, UnreadableError
from athena_auth.delivery import sql
from athena_auth.delivery.delivered_rows import DeliveredRowCleanup
from athena_auth.delivery.model import Channel, Message
from athena_auth.delivery.transport import DeliveryFailed, NoTransport, Transport
from athena_auth.kernel.clock import Clock, Millis, after
from athena_auth.kernel.ids import new_id
from athena_auth.kernel.log import Log
from athena_auth.kernel.outcome import Unavailable
from athena_auth.store.transaction import Store, Tx

_log = Log(__name__)

_LEASE = 30
"""Seconds that a row belongs to the process that is sending it."""
_MARGIN = 15
"""Seconds of the lease that must be left to begin sending: longer than a mail server is waited for."""
_POLL = 5.0
"""Seconds between looks for rows whose lease ran out or whose next try is due."""
_SENDERS = 4
"""For each channel: a gateway of text messages that hangs does not hold up mail, nor the other way round."""
_IN_MEMORY = 1000
_BATCH = 20
_LONGEST_BACKOFF = 300
_DOUBLINGS = 8


class OutboxMessage(msgspec.Struct, frozen=True):
    """A message and the row that keeps it safe until it is delivered."""

    id: str
    message: Message
    leased_until: Millis
    attempts: int = 0


class Outbox:
    """Posts messages inside transactions and delivers them outside."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        keyring: Keyring,
        mail: Transport,
        *,
        texts: Transport | None = None,
        poll: float = _POLL,
    ) -> None:
        """Take what it works with, and how many seconds lie between looks for what was left unsent."""
        self._store = store
        self._clock = clock
        self._keyring = keyring
        self._transports = {Channel.MAIL: mail, Channel.TEXT: texts or NoTransport()}
        self._poll = poll
        self._cleanup = DeliveredRowCleanup(store)
        self._queues: dict[Channel, asyncio.Queue[OutboxMessage]] = {
            channel: asyncio.Queue(_IN_MEMORY) for channel in Channel
        }
        self._tasks: list[asyncio.Task[None]] = []

    def post(self, tx: Tx, message: Message, now: Millis) -> None:
        """Write a message into the outbox, in the caller's transaction; it is sent as soon as that is committed."""
        message_row = OutboxMessage(new_id(now), message, after(now, _LEASE))
        sealed = self._keyring.seal(msgspec.msgpack.encode(message), message_context(message_row.id))
        sql.insert(
            tx, message_row.id, sealed, due_at=message_row.leased_until, expires_at=Millis(message.expires_at)
        )
        tx.on_commit(lambda: self._send_soon(message_row))

    def _send_soon(self, message_row: OutboxMessage) -> None:
        with contextlib.suppress(asyncio.QueueFull):  # its row stays; it is sent when its lease runs out
            self._queues[message_row.message.channel].put_nowait(message_row)

    def start(self) -> None:
        """Start sending, and looking for what was left unsent."""
        queues = [queue for queue in self._queues.values() for _ in range(_SENDERS)]
        self._tasks = [asyncio.create_task(self._send_queued(queue)) for queue in queues]
        self._tasks.append(asyncio.create_task(self._adopt_due()))

    @property
    def is_at_work(self) -> bool:
        """Whether every task that sends or looks for unsent messages is running."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def stop(self, grace: float = 3.0) -> None:
        """Give what is in memory `grace` seconds to go out, then stop; the rest stays in its rows."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(q.join() for q in self._queues.values())), grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transport in self._transports.values():
            await transport.close()

    async def _send_queued(self, queue: asyncio.Queue[OutboxMessage]) -> None:
        while True:
            message_row = await queue.get()
            try:
                await self._deliver(message_row)
            except Unavailable as outage:
                _log.warning("mail.store_unavailable", reason=str(outage))
            except Exception as error:  # noqa: BLE001 - one message nobody foresaw must not stop all others
                # Its row stays and comes round again when its lease runs out, until it expires.
                event = f"{message_row.message.channel}.crashed"
                _log.error(event, kind=message_row.message.kind, error=type(error).__qualname__)
            finally:
                queue.task_done()

    async def _deliver(self, message_row: OutboxMessage) -> None:
        message, now = message_row.message, self._clock.now()
        if message.expires_at <= now:
            await self._cleanup.file(message_row.id)
            _log.warning(f"{message.channel}.expired", kind=message.kind, tries=message_row.attempts)
            return
        if not await self._is_ours(message_row, now):
            return
        try:
            await self._transports[message.channel].send(message)
        except DeliveryFailed as failure:
            await self._after_failure(message_row, failure)
        else:
            await self._cleanup.file(message_row.id)

    async def _is_ours(self, message_row: OutboxMessage, now: Millis) -> bool:
        """Make sure of the lease: after a long wait in memory another process may have taken the row over."""
        if now < message_row.leased_until - _MARGIN * 1000:
            return True

        async def renew(tx: Tx) -> bool:
            return await sql.lease(tx, message_row.id, message_row.leased_until, after(now, _LEASE))

        return await self._store.transact(renew)

    async def _after_failure(self, message_row: OutboxMessage, failure: DeliveryFailed) -> None:
        _log.warning(
            f"{message_row.message.channel}.failed",
            kind=message_row.message.kind,
            reason=str(failure),
            permanent=failure.permanent,
            attempts=message_row.attempts + 1,
        )
        if failure.permanent:
            await self._cleanup.file(message_row.id)
            return
        await sql.postpone(
            self._store, message_row.id, after(self._clock.now(), _backoff(message_row.attempts))
        )

    async def _adopt_due(self) -> None:
        while True:
            await asyncio.sleep(self._poll)
            try:
                # After a burst or an outage there may be thousands: go on while there are, at the senders' pace.
                while leased := await self._lease_due():
                    for message_row in leased:
                        await self._queues[message_row.message.channel].put(message_row)
            except Unavailable as outage:
                _log.warning("mail.store_unavailable", reason=str(outage))
            except Exception as error:  # noqa: BLE001 - nobody would start this task again
                _log.error("mail.crashed", error=type(error).__qualname__)

    async def _lease_due(self) -> list[OutboxMessage]:
        now = self._clock.now()

        async def look(tx: Tx) -> list[sql.Due]:
            return await sql.load_due(tx, now, _BATCH)

        due = await self._store.read(look)
        if not due:
            return []

        async def lease(tx: Tx) -> list[sql.Due]:
            # Another process may look at the same rows: the guarded update decides who sends each.
            return [row for row in due if await sql.lease(tx, row.id, row.due_at, after(now, _LEASE))]

        leased = await self._store.transact(lease)
        for row in leased:
            if row.expires_at <= now:
                await self._cleanup.file(row.id)
                _log.warning("mail.expired", id=row.id, tries=row.attempts)
        opened = [self._open(row, after(now, _LEASE)) for row in leased if row.expires_at > now]
        return [message_row for message_row in opened if message_row is not None]

    def _open(self, row: sql.Due, leased_until: Millis) -> OutboxMessage | None:
        try:
            message = msgspec.msgpack.decode(
                self._keyring.unseal(row.sealed_message, message_context(row.id)), type=Message
            )
        except (UnreadableError, msgspec.MsgspecError):
            _log.error("mail.unreadable", id=row.id)
            return None
        return OutboxMessage(row.id, message, leased_until, row.attempts + 1)


def message_context(message_id: str) -> str:
    """Return where a message is sealed to."""
    return f"outbox:{message_id}"


def _backoff(attempts: int) -> int:
    """Return the seconds to wait after so many failed tries: 2, 4, 8 … at most five minutes."""
    return min(_LONGEST_BACKOFF, 2 << min(attempts, _DOUBLINGS))
