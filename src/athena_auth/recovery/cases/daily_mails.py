"""The mails of open recovery cases: one a day. A case that was not completed in time ends."""

from dataclasses import dataclass

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.recovery_cases import cancellation, sql
from athena_auth.accounts.recovery_cases.rules import RecoveryCase, next_mail_at
from athena_auth.audit.model import NO_CLIENT, EventName
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.recovery.cases.mails import RecoveryMails
from athena_auth.store.transaction import Store, Tx

_BATCH = 100


@dataclass(frozen=True, slots=True)
class DailyRecoveryMails:
    """Sends the mails that are due. Several processes may do so at once: a guarded write decides who sends each.

    Attributes:
        is_on: Whether recovery is offered. Otherwise the cases that are still open end when their next mail is due.
    """

    store: Store
    clock: Clock
    mails: RecoveryMails
    notifications: SecurityNotifications
    is_on: bool

    async def send(self) -> int:
        """Send every mail that is due; return their number."""
        sent, now = 0, self.clock.now()
        while True:
            batch = await sql.load_due_mails(self.store, now, _BATCH)
            for case in batch:
                sent += await self._send(case, now)
            if len(batch) < _BATCH:
                return sent

    async def _send(self, case: RecoveryCase, now: Millis) -> bool:
        async def work(tx: Tx) -> bool:
            if not await sql.begin_mail(tx, case, next_mail_at=next_mail_at(case, now), now=now):
                return False
            account = await accounts.load(tx, case.user_id)
            if account is None or account.recovery_case != case.id:
                return False
            if self.is_on and now < case.expires_at:
                self.mails.daily(tx, account, case, now)
                return True
            event = EventName.RECOVERY_EXPIRED
            return await cancellation.cancel(tx, self.notifications, account, NO_CLIENT, now, event)

        return await self.store.transact(work)
