"""Limits on attempts at codes, and at passwords from recognized browsers (I2, I4): count first, then verify.

Each attempt is counted by one guarded upsert in the caller's transaction, before it is checked. The upsert locks the
row until the transaction ends, so attempts at one account are verified one after the other, across all processes: two
attempts cannot both be the last allowed one. A success resets the count of its kind. The count does not reset with time.
"""

from athena_auth.kernel.clock import Millis, after, seconds_until
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.texts import Text
from athena_auth.store.transaction import Runner, Tx
from athena_auth.throttle import rules, sql
from athena_auth.throttle.sql import Allowed, AttemptKind, Throttled

_USED_UP = 3600
"""Seconds for `Retry-After` when no attempts are left and waiting does not help: the longest delay."""


async def consume(runner: Runner, user_id: UserId, kind: AttemptKind, now: Millis) -> Allowed | Throttled:
    """Count an attempt as failed before it is verified; `reset` or `refund` reverses that."""
    allowed = await sql.consume(runner, user_id, kind, now)
    if allowed is not None:
        return allowed
    count = await sql.load(runner, user_id, kind)
    used_up = count.failures >= kind.limit
    return Throttled(after(now, _USED_UP) if used_up else count.blocked_until, used_up)


async def lock_uncounted(tx: Tx, user_id: UserId, kind: AttemptKind) -> Allowed:
    """Count nothing, for a secret that is too long to be guessed. Lock the row and return when the owner was notified."""
    touched = await sql.touch(tx, user_id, kind)
    return Allowed(0, touched.warned_at)


def record_failure(
    tx: Tx, user_id: UserId, kind: AttemptKind, allowed: Allowed, now: Millis, *, warned: bool
) -> None:
    """Block the kind for the delay of this many failures, and record whether the owner is notified."""
    # Without a delay no time is stored: it would block attempts if the clock were set back.
    until = rules.blocked_until(allowed.failures, now) if rules.delay(allowed.failures) else Millis(0)
    if until or warned:
        sql.record_failure(tx, user_id, kind, until=until, warned_at=now if warned else allowed.warned_at)


def refund(tx: Tx, user_id: UserId, kind: AttemptKind) -> None:
    """Uncount one attempt that was neither right nor wrong."""
    sql.refund(tx, user_id, kind)


def reset(tx: Tx, user_id: UserId, kind: AttemptKind) -> None:
    """Reset the count of a kind after a success."""
    sql.reset(tx, user_id, kind)


CODES_USED_UP = Text(
    "Too many wrong codes in a row. Use a backup code, or open the link in the email that we sent about this and enter "
    "your password so that this browser is recognized. If neither works, ask the operator to unlock the account."
)

PASSWORDS_USED_UP = Text(
    "Too many wrong passwords in a row. Set a new password with the link in a password reset email, or ask the "
    "operator to unlock the account."
)

SIGN_IN_USED_UP = Text(
    "Too many wrong passwords in a row. Sign in from a browser that you have signed in from before, or set a new "
    "password with the link in a password reset email."
)


def refused_by(blocked: Throttled, now: Millis, used_up: Text) -> Refused:
    """Return the refusal with the time to wait. `used_up` is the message for when waiting does not help."""
    message = used_up if blocked.used_up else None
    retry_after = seconds_until(blocked.until, now)
    return Refused(ErrorCode.ACCOUNT_TEMPORARILY_LOCKED, message, retry_after=retry_after)
