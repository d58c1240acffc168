"""Storing deadlines for a second factor, and notifying account owners of them."""

from dataclasses import dataclass

from athena_auth.accounts.enforcement import sql
from athena_auth.accounts.enforcement.rules import EnforcementPolicy, Notice, notices_sent_at
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.audit import sql as audit
from athena_auth.audit.model import NO_CLIENT, AuditEvent, EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import ClientInfo


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The deadlines of accounts under the enforcement policy. All methods run in the caller's transaction."""

    policy: EnforcementPolicy
    notifications: SecurityNotifications

    async def at_sign_in(self, tx: Tx, account: Account, client: ClientInfo, now: Millis) -> Millis | None:
        """Return by when the account must enrol a second factor, or None if it need not.

        With the policy `all`, the first sign-in stores the deadline.
        """
        due_at = self.policy.due_at(account)
        if self.policy.mode != "all" or due_at is not None:
            return due_at
        begun = await self.begin(tx, account.id, client, now)
        return None if begun is None else begun.second_factor_due_at

    async def begin(self, tx: Tx, user_id: UserId, client: ClientInfo, now: Millis) -> Account | None:
        """Store the deadline of an account that has none and no factor, and notify its owner; otherwise return None."""
        due_at = self.policy.first_deadline(now)
        account = await sql.begin(tx, user_id, due_at, notices_sent_at(due_at, now))
        if account is not None:
            event = AuditEvent(name=EventName.FACTOR_REQUIRED, user_id=user_id, client=client)
            audit.record(tx, event, now)
            await self._notify(tx, account, MessageKind.SECOND_FACTOR_REQUIRED, now)
        return account

    async def require(
        self, tx: Tx, user_id: UserId, due_at: Millis, reason: str | None, now: Millis
    ) -> Account | None:
        """Replace the deadline of an account on behalf of an operator; None if there is no such account."""
        account = await sql.set_deadline(tx, user_id, due_at, notices_sent_at(due_at, now), exempt=False)
        if account is not None:
            _record(tx, user_id, EventName.FACTOR_REQUIRED_BY_OPERATOR, reason, now)
            if not account.two_factor_enabled:
                await self._notify(tx, account, MessageKind.SECOND_FACTOR_REQUIRED, now)
        return account

    async def exempt(self, tx: Tx, user_id: UserId, reason: str | None, now: Millis) -> Account | None:
        """Exempt an account from the policy on behalf of an operator; None if there is no such account."""
        account = await sql.set_deadline(tx, user_id, None, Notice.NONE, exempt=True)
        if account is not None:
            _record(tx, user_id, EventName.FACTOR_EXEMPTED_BY_OPERATOR, reason, now)
        return account

    async def remind(self, tx: Tx, user_id: UserId, notice: Notice, now: Millis, until: Millis) -> bool:
        """Send this reminder, unless another process has or the owner no longer needs it."""
        account = await sql.begin_reminder(tx, user_id, notice, now, until)
        if account is not None:
            await self._notify(tx, account, MessageKind.SECOND_FACTOR_DUE, now)
        return account is not None

    async def _notify(self, tx: Tx, account: Account, kind: MessageKind, now: Millis) -> None:
        if account.second_factor_due_at is not None:
            await self.notifications.notify_of_deadline(tx, account, kind, account.second_factor_due_at, now)


def _record(tx: Tx, user_id: UserId, event: EventName, reason: str | None, now: Millis) -> None:
    audit.record(tx, AuditEvent(name=event, user_id=user_id, client=NO_CLIENT, note=reason), now)
