"""The outbox: a message is stored in the use case's transaction and sent after its commit (I9, I10).

A row is committed with the change that it reports, or not at all. The process that wrote it sends the message at
once from memory and deletes the row. Until then the row is leased to that process. If the process dies, the lease
expires and any process takes the row over. A crash between sending and deleting therefore sends a mail twice, but a
mail is never lost before it expires.

The message in a row is encrypted, so that codes cannot be read in a stolen database (I7).
"""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field

import msgspec

from athena_auth.crypto.keys import Keyring, UnreadableError
from athena_auth.delivery import sql
from athena_auth.delivery.model import Channel, Message
from athena_auth.delivery.transport import DeliveryFailed, NoTransport, Transport
from athena_auth.kernel.clock import Clock, Millis, after
from athena_auth.kernel.errors import Unavailable
from athena_auth.kernel.ids import new_id
from athena_auth.kernel.log import Log
from athena_auth.store.transaction import Runner, Store, Tx


@dataclass(slots=True)
class DeliveredRowCleanup:
    """Deletes the rows of delivered messages.

    One commit for each row would cost as much as the commit that wrote it. Under load, the messages that are
    delivered during one deletion are deleted together by the next.
    """

    runner: Runner
    _delivered: deque[str] = field(default_factory=deque)
    _is_deleting: bool = False

    async def delete(self, message_id: str) -> None:
        """Delete a row: at once, or, when another sender is deleting rows, by that sender.

        Raises:
            Unavailable: the database is unreachable. The rows stay, and their messages are sent again.
        """
        self._delivered.append(message_id)
        if self._is_deleting:
            return
        self._is_deleting = True
        try:
            while self._delivered:
                batch = [self._delivered.popleft() for _ in range(min(len(self._delivered), sql.BATCH_SIZE))]
                await sql.delete(self.runner, batch)
        finally:
            self._is_deleting = False


_log = Log(__name__)

_LEASE = 30
"""Seconds for which a row is leased to the process that sends it."""
_MARGIN = 15
"""Seconds that must be left of a lease to begin sending: longer than the timeout of a mail server."""
_POLL = 5.0
"""Seconds between searches for rows whose lease has expired or whose next attempt is due."""
_SENDERS = 4
"""Tasks for each channel: a text gateway that hangs does not delay mail, and vice versa."""
_IN_MEMORY = 1000
_BATCH = 20
_LONGEST_BACKOFF = 300
_DOUBLINGS = 8


class OutboxMessage(msgspec.Struct, frozen=True):
    """A message and the row that stores it until it is delivered."""

    id: str
    message: Message
    leased_until: Millis
    attempts: int = 0


class Outbox:
    """Stores messages inside transactions and delivers them outside.

    Args:
        store: The database.
        clock: The clock.
        keyring: The keys that encrypt messages.
        mail: Delivers mail.
        texts: Delivers text messages; None if there is no gateway.
        poll: Seconds between searches for messages that were left unsent.
    """

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
        """Store a message in the caller's transaction. It is sent as soon as that is committed."""
        message_row = OutboxMessage(new_id(now), message, after(now, _LEASE))
        sealed = self._keyring.seal(msgspec.msgpack.encode(message), message_context(message_row.id))
        sql.insert(
            tx, message_row.id, sealed, due_at=message_row.leased_until, expires_at=Millis(message.expires_at)
        )
        tx.on_commit(lambda: self._send_soon(message_row))

    def _send_soon(self, message_row: OutboxMessage) -> None:
        with contextlib.suppress(asyncio.QueueFull):  # its row stays, and is sent when the lease expires
            self._queues[message_row.message.channel].put_nowait(message_row)

    def start(self) -> None:
        """Start the tasks that send messages and search for unsent ones."""
        queues = [queue for queue in self._queues.values() for _ in range(_SENDERS)]
        self._tasks = [asyncio.create_task(self._send_queued(queue)) for queue in queues]
        self._tasks.append(asyncio.create_task(self._adopt_due()))

    @property
    def is_at_work(self) -> bool:
        """Whether every task that sends or searches for messages is running."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def stop(self, grace: float = 3.0) -> None:
        """Send the messages in memory for at most `grace` seconds, then stop. The rest stays in the database."""
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
            except Exception as error:  # noqa: BLE001 - one unforeseen message must not stop all others
                # Its row stays, and is tried again whenever its lease expires, until the message does.
                event = f"{message_row.message.channel}.crashed"
                _log.error(event, kind=message_row.message.kind, error=type(error).__qualname__)
            finally:
                queue.task_done()

    async def _deliver(self, message_row: OutboxMessage) -> None:
        message, now = message_row.message, self._clock.now()
        if message.expires_at <= now:
            await self._cleanup.delete(message_row.id)
            _log.warning(f"{message.channel}.expired", kind=message.kind, tries=message_row.attempts)
            return
        if not await self._is_ours(message_row, now):
            return
        try:
            await self._transports[message.channel].send(message)
        except DeliveryFailed as failure:
            await self._after_failure(message_row, failure)
        else:
            await self._cleanup.delete(message_row.id)

    async def _is_ours(self, message_row: OutboxMessage, now: Millis) -> bool:
        """Renew the lease if needed: after a long wait in memory another process may have taken the row over."""
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
            tries=message_row.attempts + 1,
        )
        if failure.permanent:
            await self._cleanup.delete(message_row.id)
            return
        await sql.postpone(
            self._store, message_row.id, after(self._clock.now(), _backoff(message_row.attempts))
        )

    async def _adopt_due(self) -> None:
        while True:
            await asyncio.sleep(self._poll)
            try:
                # After a burst or an outage there may be thousands: continue until none is left, at the senders' pace.
                while leased := await self._lease_due():
                    for message_row in leased:
                        await self._queues[message_row.message.channel].put(message_row)
            except Unavailable as outage:
                _log.warning("mail.store_unavailable", reason=str(outage))
            except Exception as error:  # noqa: BLE001 - nothing would restart this task
                _log.error("mail.crashed", error=type(error).__qualname__)

    async def _lease_due(self) -> list[OutboxMessage]:
        now = self._clock.now()

        async def load(tx: Tx) -> list[sql.Due]:
            return await sql.load_due(tx, now, _BATCH)

        due = await self._store.read(load)
        if not due:
            return []

        async def lease(tx: Tx) -> list[sql.Due]:
            # Another process may have loaded the same rows: the guarded update decides which one sends each.
            return [row for row in due if await sql.lease(tx, row.id, row.due_at, after(now, _LEASE))]

        leased = await self._store.transact(lease)
        for row in leased:
            if row.expires_at <= now:
                await self._cleanup.delete(row.id)
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
    """Return the context (associated data) that a message is encrypted with."""
    return f"outbox:{message_id}"


def _backoff(attempts: int) -> int:
    """Return the seconds to wait after this many failed attempts: 2, 4, 8 … at most five minutes."""
    return min(_LONGEST_BACKOFF, 2 << min(attempts, _DOUBLINGS))
