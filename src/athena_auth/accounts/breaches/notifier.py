"""Notifying account owners whose password, entered at a sign-in, has appeared in a breach."""

from dataclasses import dataclass

from athena_auth.accounts import sql
from athena_auth.accounts.breaches.check import BreachCheck
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.delivery.background_tasks import BackgroundTasks
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import Unavailable
from athena_auth.kernel.log import Log
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.caller import ClientInfo

_log = Log(__name__)


@dataclass(frozen=True, slots=True)
class BreachNotifier:
    """Checks verified passwords after the response. Wrong ones are never checked, so a stranger learns nothing."""

    check: BreachCheck
    store: Store
    clock: Clock
    background: BackgroundTasks
    notifications: SecurityNotifications

    def check_soon(self, account: Account, password: str, client: ClientInfo) -> None:
        """Check the verified password of an account in the background, unless its owner has been notified already."""
        if self.check.source is None or account.password_is_breached:
            return
        try:
            self.background.run_soon(self._check(account, password, client))
        except Unavailable:
            _log.warning("breached_passwords.unchecked", reason="too many background tasks are running")

    async def _check(self, account: Account, password: str, client: ClientInfo) -> None:
        if await self.check.is_breached(password):
            await self.store.transact(lambda tx: self._notify(tx, account, client))

    async def _notify(self, tx: Tx, verified: Account, client: ClientInfo) -> None:
        # Of concurrent sign-ins one marks the password. If it was changed in the meantime, nothing is marked.
        account = await sql.mark_breached(tx, verified.id, verified.password_changed_at)
        if account is None:
            return
        now = self.clock.now()
        event = AuditEvent(name=EventName.PASSWORD_BREACHED, user_id=account.id, client=client)
        audit.record(tx, event, now)
        await self.notifications.notify(tx, account, MessageKind.PASSWORD_BREACHED, client, now)
