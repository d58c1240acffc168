"""Values and pure rules of recovery cases."""

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode
from athena_auth.kernel.ids import UserId, new_id

DAY = 86_400_000
"""Milliseconds. Each day of an open case, its owner gets a mail."""
INTERVAL = 30 * DAY
"""Milliseconds between the cases that an owner opens, however the one before ended: an attacker with the password and the mailbox
gets one attempt a month, and the owner's mails stay an alarm."""
COMPLETION = 7 * DAY
"""Milliseconds after the waiting time in which the recovery may be completed."""


class RecoveryCase(msgspec.Struct, frozen=True):
    """A recovery case. It is open while its account names it (`Account.recovery_case`) and it has not expired."""

    id: str
    user_id: UserId
    opened_at: Millis
    due_at: Millis
    """When the waiting time ends."""
    expires_at: Millis
    """Until when it may be completed."""


def new_case(account: Account, days: int, now: Millis) -> RecoveryCase:
    """Return a case that begins to wait now."""
    due_at = Millis(now + days * DAY)
    return RecoveryCase(new_id(now), account.id, now, due_at, Millis(due_at + COMPLETION))


def shortened(case: RecoveryCase, days: int, now: Millis) -> RecoveryCase | None:
    """Return the case with the rest of its waiting time shortened to this many days; None if it is no longer than that."""
    due_at = Millis(now + days * DAY)
    if due_at >= case.due_at:
        return None
    return msgspec.structs.replace(case, due_at=due_at, expires_at=Millis(due_at + COMPLETION))


def next_mail_at(case: RecoveryCase, now: Millis) -> Millis:
    """Return when the next mail is due after one that is sent now: in a day, or when the waiting time ends."""
    tomorrow = Millis(now + DAY)
    return min(case.due_at, tomorrow) if case.due_at > now else tomorrow


def refuse_case(account: Account, current: RecoveryCase | None, now: Millis) -> ErrorCode | None:
    """Return why no case can be opened now, even by an operator. `current` is the case that the account names."""
    if not account.two_factor_enabled:
        return ErrorCode.TWO_FACTOR_NOT_ENABLED
    is_open = current is not None and current.expires_at > now
    return ErrorCode.RECOVERY_ALREADY_OPEN if is_open else None


def refuse_owner(account: Account, last_opened_at: Millis | None, now: Millis) -> ErrorCode | None:
    """Return why the owner cannot open a case now. An operator, who has verified their identity, can."""
    # Such a password shows access to the mailbox, as the link does: together they would be one factor, not two, however
    # much time passes.
    if account.reset_by_mail:
        return ErrorCode.RECOVERY_NEEDS_OPERATOR
    if last_opened_at is not None and now - last_opened_at < INTERVAL:
        return ErrorCode.RECOVERY_TOO_SOON
    return None


def refuse_completion(case: RecoveryCase | None, now: Millis) -> ErrorCode | None:
    """Return why the case of an account cannot be completed now."""
    if case is None or case.expires_at <= now:
        return ErrorCode.RECOVERY_ENDED
    return ErrorCode.RECOVERY_NOT_DUE if now < case.due_at else None
