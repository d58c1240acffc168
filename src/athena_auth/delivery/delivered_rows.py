"""Deletes the outbox rows of delivered messages, in batches."""

from collections import deque
from dataclasses import dataclass, field

from athena_auth.delivery import sql
from athena_auth.store.transaction import Runner


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
