"""Attempts at codes, and at passwords by who is recognized (I2, I4): count first, then verify.

Counting is one guarded upsert in the caller's transaction. It holds the row's lock until the transaction ends, so
attempts at one account are verified one after the other, however many processes they arrive at: no two can both be
the last one. A success resets its own kind; time alone never does.
"""

from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import UserId
from athena_auth.store.transaction import Runner, Tx
from athena_auth.throttle import rules, sql
from athena_auth.throttle.model import Allowed, AttemptKind, Throttled

_USED_UP = 3600
"""Seconds a client is told to wait when waiting does not help: the longest delay there is."""


async def consume(runner: Runner, user_id: UserId, kind: AttemptKind, now: Millis) -> Allowed | Throttled:
    """Count an attempt as failed before it is verified; `clear` or `refund` takes that back."""
    allowed = await sql.consume(runner, user_id, kind, now)
    if allowed is not None:
        return allowed
    count = await sql.load(runner, user_id, kind)
    used_up = count.failures >= kind.limit
    return Throttled(after(now, _USED_UP) if used_up else count.blocked_until, used_up)


async def peek(tx: Tx, user_id: UserId, kind: AttemptKind) -> Allowed:
    """Count nothing, for a secret that is too long to be guessed; return when the owner was last notified."""
    touched = await sql.touch(tx, user_id, kind)
    return Allowed(0, touched.warned_at)


async def record_failure(
    tx: Tx, user_id: UserId, kind: AttemptKind, allowed: Allowed, now: Millis, *, warned: bool
) -> None:
    """Block the kind for as long as this many failures ask for, and record that the owner is notified."""
    # No delay leaves no instant behind, which would block where the clock is set back.
    until = rules.blocked_until(allowed.failures, now) if rules.delay(allowed.failures) else Millis(0)
    if until or warned:
        await sql.record_failure(
            tx, user_id, kind, until=until, warned_at=now if warned else allowed.warned_at
        )


async def refund(tx: Tx, user_id: UserId, kind: AttemptKind) -> None:
    """Take one counted attempt back: it was neither right nor wrong."""
    await sql.refund(tx, user_id, kind)


def reset(tx: Tx, user_id: UserId, kind: AttemptKind) -> None:
    """Reset the kind after a success."""
    sql.reset(tx, user_id, kind)
