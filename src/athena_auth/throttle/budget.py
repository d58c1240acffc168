"""The guess budget (I2, I4): pay first, then look. Every step takes the caller's transaction.

Paying is one guarded upsert. It holds the row's lock until the transaction ends, so guesses at one account
are judged one after the other, however many processes they arrive at: no two can both be the last free one.
A success clears its own lane; time alone never does.
"""

from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import UserId
from athena_auth.store.transaction import Runner, Tx
from athena_auth.throttle import rules, sql
from athena_auth.throttle.model import Blocked, Lane, Paid

_USED_UP = 3600
"""Seconds a client is told to wait when waiting does not help: the longest delay there is."""


async def pay(runner: Runner, user_id: UserId, lane: Lane, now: Millis) -> Paid | Blocked:
    """Count a guess as failed before it is looked at.

    `clear` takes that back when it proves right.
    """
    failures = await sql.pay(runner, user_id, lane, rules.MAX_FAILURES, now)
    if failures is not None:
        return Paid(failures)
    balance = await sql.load(runner, user_id, lane)
    used_up = balance.failures >= rules.MAX_FAILURES
    return Blocked(after(now, _USED_UP) if used_up else balance.blocked_until, used_up)


def record_failure(tx: Tx, user_id: UserId, lane: Lane, paid: Paid, now: Millis) -> None:
    """Close the lane for as long as this many failures ask for."""
    until = rules.blocked_until(paid.failures, now)
    if until > now:
        sql.close_until(tx, user_id, lane, until)


def clear(tx: Tx, user_id: UserId, lane: Lane) -> None:
    """Forget the lane's failures after a success."""
    sql.clear(tx, user_id, lane)
