"""Reminders of deadlines: the mails seven days and one day before."""

from dataclasses import dataclass

from athena_auth.accounts.enforcement import sql
from athena_auth.accounts.enforcement.deadlines import Deadlines
from athena_auth.accounts.enforcement.rules import REMINDERS, Notice
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.transaction import Store, Tx

_BATCH = 100


@dataclass(frozen=True, slots=True)
class Reminders:
    """Sends the reminders that are due. Several processes may do so at once: a guarded write decides who sends each."""

    store: Store
    clock: Clock
    deadlines: Deadlines

    async def send(self) -> int:
        """Send every reminder that is due; return their number."""
        now = self.clock.now()
        # The last reminder first, so that an owner who is due for both gets that one only.
        return sum(
            [await self._send(notice, now, Millis(now + before)) for notice, before in REMINDERS.items()]
        )

    async def _send(self, notice: Notice, now: Millis, until: Millis) -> int:
        sent = 0
        while True:
            batch = await sql.load_to_remind(self.store, notice, now, until, _BATCH)
            for user_id in batch:
                sent += await self._remind(user_id, notice, now, until)
            if len(batch) < _BATCH:
                return sent

    async def _remind(self, user_id: UserId, notice: Notice, now: Millis, until: Millis) -> bool:
        async def work(tx: Tx) -> bool:
            return await self.deadlines.remind(tx, user_id, notice, now, until)

        return await self.store.transact(work)
