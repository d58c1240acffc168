"""The guess budget (I2, I4): pay first, then look. Every step takes the caller's transaction.

Paying is one guarded upsert. It holds the row's lock until the transaction ends, so guesses at one account
are judged one after the other, however many processes they arrive at: no two can both be the last free one.
A success clears its own lane; time alone never does.
"""

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx
from athena_auth.throttle import rules
from athena_auth.throttle.model import Blocked, Lane, Paid

_PAY = Statement("""
    INSERT INTO athena_guess_budget (user_id, lane, failures, blocked_until) VALUES (:user_id, :lane, 1, 0)
    ON CONFLICT (user_id, lane) DO UPDATE SET failures = athena_guess_budget.failures + 1
    WHERE athena_guess_budget.failures < :most AND athena_guess_budget.blocked_until <= :now
    RETURNING failures
""")

_LOAD_BLOCK = Statement("""
    SELECT failures, blocked_until FROM athena_guess_budget WHERE user_id = :user_id AND lane = :lane
""")

_BLOCK = Statement("""
    UPDATE athena_guess_budget SET blocked_until = :until WHERE user_id = :user_id AND lane = :lane
""")

_CLEAR = Statement("""
    UPDATE athena_guess_budget SET failures = 0, blocked_until = 0 WHERE user_id = :user_id AND lane = :lane
""")

_FOREVER = 3600
"""Seconds a client is told to wait when waiting does not help: the longest delay there is."""


async def pay(tx: Tx, user_id: UserId, lane: Lane, now: Millis) -> Paid | Blocked:
    """Count a guess as failed before it is looked at; `clear` takes that back when it proves right."""
    row = await tx.one(_PAY, user_id=user_id, lane=lane, most=rules.MAX_FAILURES, now=now)
    if row is not None:
        return Paid(row["failures"])
    block = await tx.one(_LOAD_BLOCK, user_id=user_id, lane=lane)
    if block is None or block["failures"] >= rules.MAX_FAILURES:
        return Blocked(Millis(now + _FOREVER * 1000))
    return Blocked(block["blocked_until"])


async def record_failure(tx: Tx, user_id: UserId, lane: Lane, paid: Paid, now: Millis) -> None:
    """Close the lane for as long as this many failures ask for."""
    until = rules.blocked_until(paid.failures, now)
    if until > now:
        await tx.run(_BLOCK, user_id=user_id, lane=lane, until=until)


async def clear(tx: Tx, user_id: UserId, lane: Lane) -> None:
    """Forget the lane's failures after a success."""
    await tx.run(_CLEAR, user_id=user_id, lane=lane)
