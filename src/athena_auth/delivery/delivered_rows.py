"""Forgetting what was delivered: as many rows at a time as came together while the last ones were deleted."""

from collections import deque

from athena_auth.delivery import sql
from athena_auth.store.transaction import Runner


class DeliveredRowCleanup:
    """Deletes the rows of delivered messages.

    A commit for each would cost as much as the one that wrote the row; under load several senders share one.
    """

    def __init__(self, runner: Runner) -> None:
        """Take the database."""
        self._runner = runner
        self._delivered: deque[str] = deque()
        self._is_filing = False

    async def file(self, message_id: str) -> None:
        """Have a row deleted: at once, or by whoever is deleting others just now.

        Raises:
            Unavailable: the database is out of reach. The rows stay, and their messages go out once more.
        """
        self._delivered.append(message_id)
        if self._is_filing:
            return
        self._is_filing = True
        try:
            while self._delivered:
                several = [self._delivered.popleft() for _ in range(min(len(self._delivered), sql.SEVERAL))]
                await sql.delete(self._runner, several)
        finally:
            self._is_filing = False
