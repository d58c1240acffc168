"""Recovery cases on behalf of operators: opening, shortening and cancelling them, each with a reason for the audit log.

An operator who has verified a person's identity gives them a case, not the account: the password and the mailbox are still
needed to complete it, and its mails and the owner's factors still cancel it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.recovery_cases import cancellation, rules, sql
from athena_auth.accounts.recovery_cases.rules import RecoveryCase
from athena_auth.audit import sql as audit
from athena_auth.audit.model import NO_CLIENT, AuditEvent, EventName
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId
from athena_auth.recovery.cases.mails import RecoveryMails
from athena_auth.store.transaction import Store, Tx

T = TypeVar("T")

_MOST = 500
"""Characters of a reason."""
_OFF = "Recovery is off. Set ATHENA_RECOVERY to on, or remove the factors with `athena-auth reset-factors`."
_NO_REASON = "Give a reason on one line, of up to 500 characters."
_SHORT_ALREADY = "The waiting time of this recovery is not longer than that."


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryAdministration:
    """What operators do with recovery cases.

    Attributes:
        is_on: Whether recovery is offered (ATHENA_RECOVERY).
        days: The waiting time.
    """

    store: Store
    clock: Clock
    mails: RecoveryMails
    notifications: SecurityNotifications
    is_on: bool
    days: int

    async def find(self, user_id: UserId) -> RecoveryCase | None:
        """Return the open case of an account."""
        now = self.clock.now()

        async def work(tx: Tx) -> RecoveryCase | None:
            account = await accounts.load(tx, user_id)
            return None if account is None else await _open_case(tx, account, now)

        return await self.store.read(work)

    async def open(self, user_id: UserId, reason: str) -> RecoveryCase | Refused:
        """Open a case for an owner who has lost every second factor, even one who must not open one themselves."""
        now = self.clock.now()
        if not self.is_on:
            return Refused(ErrorCode.RECOVERY_NOT_OFFERED, _OFF)

        async def work(tx: Tx, account: Account) -> RecoveryCase | Refused:
            refused = rules.refuse_case(account, await _open_case(tx, account, now), now)
            if refused is not None:
                return Refused(refused)
            case = rules.new_case(account, self.days, now)
            sql.insert(tx, case, next_mail_at=rules.next_mail_at(case, now))
            self.mails.opened_by_operator(tx, account, case, now)
            _record(tx, account, EventName.RECOVERY_OPENED_BY_OPERATOR, reason, now)
            return case

        return await self._change(user_id, reason, work)

    async def shorten(self, user_id: UserId, reason: str, days: int) -> RecoveryCase | Refused:
        """Let the waiting time of an open case end in this many days; with 0 the case can be completed at once."""
        now = self.clock.now()

        async def work(tx: Tx, account: Account) -> RecoveryCase | Refused:
            case = await _open_case(tx, account, now)
            if case is None:
                return Refused(ErrorCode.RECOVERY_ENDED)
            shortened = rules.shortened(case, days, now)
            if shortened is None:
                return Refused(ErrorCode.CONFLICT, _SHORT_ALREADY)
            await sql.shorten(tx, shortened, next_mail_at=rules.next_mail_at(shortened, now))
            self.mails.daily(tx, account, shortened, now)
            _record(tx, account, EventName.RECOVERY_SHORTENED, reason, now)
            return shortened

        return await self._change(user_id, reason, work)

    async def cancel(self, user_id: UserId, reason: str) -> Refused | None:
        """Cancel the open case of an account."""
        now = self.clock.now()

        async def work(tx: Tx, account: Account) -> Refused | None:
            event = EventName.RECOVERY_CANCELLED_BY_OPERATOR
            cancelled = await cancellation.cancel(
                tx, self.notifications, account, NO_CLIENT, now, event, note=reason.strip()
            )
            return None if cancelled else Refused(ErrorCode.RECOVERY_ENDED)

        return await self._change(user_id, reason, work)

    async def _change(
        self, user_id: UserId, reason: str, work: Callable[[Tx, Account], Awaitable[T | Refused]]
    ) -> T | Refused:
        """Run the work on an existing account, which is locked: sign-ins and links that end its case wait."""
        if not reason.strip() or not reason.strip().isprintable() or len(reason) > _MOST:
            return Refused(ErrorCode.VALIDATION_ERROR, _NO_REASON)

        async def found(tx: Tx) -> T | Refused:
            account = await accounts.lock(tx, user_id)
            return Refused(ErrorCode.USER_NOT_FOUND) if account is None else await work(tx, account)

        return await self.store.transact(found)


async def open_cases(store: Store, clock: Clock) -> list[tuple[str, RecoveryCase]]:
    """Return the open cases and the addresses of their accounts, in the order in which they were opened."""
    return await sql.load_open(store, clock.now())


async def _open_case(tx: Tx, account: Account, now: Millis) -> RecoveryCase | None:
    case = await sql.load(tx, account.recovery_case)
    return case if case is not None and now < case.expires_at else None


def _record(tx: Tx, account: Account, event: EventName, reason: str, now: Millis) -> None:
    entry = AuditEvent(name=event, user_id=account.id, client=NO_CLIENT, note=reason.strip())
    audit.record(tx, entry, now)
