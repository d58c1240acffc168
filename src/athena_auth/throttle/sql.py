"""Statements over `athena_guess_budget`: a row for each account and lane that was ever guessed in."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Runner, Tx
from athena_auth.throttle.model import Lane


class Balance(msgspec.Struct, frozen=True):
    """What a lane has spent, and until when it is closed."""

    failures: int
    blocked_until: Millis


_PAY = Statement("""
    INSERT INTO athena_guess_budget AS b (user_id, lane, failures, blocked_until) VALUES (:user_id, :lane, 1, 0)
    ON CONFLICT (user_id, lane) DO UPDATE
    SET failures = b.failures + 1
    WHERE b.failures < :most AND b.blocked_until <= :now
    RETURNING failures
""")

_LOAD = Statement("""
    SELECT failures, blocked_until FROM athena_guess_budget WHERE user_id = :user_id AND lane = :lane
""")

_CLOSE = Statement("""
    UPDATE athena_guess_budget SET blocked_until = :until
    WHERE user_id = :user_id AND lane = :lane AND blocked_until < :until
""")

_CLEAR = Statement("""
    UPDATE athena_guess_budget SET failures = 0, blocked_until = 0 WHERE user_id = :user_id AND lane = :lane
""")

CLEAR_ALL = Statement("""
    UPDATE athena_guess_budget SET failures = 0, blocked_until = 0 WHERE user_id = :user_id
""")
"""For when the credentials change: what was guessed at is no more."""

CLEAR_PASSWORDS = Statement("""
    UPDATE athena_guess_budget SET failures = 0, blocked_until = 0 WHERE user_id = :user_id AND lane = 'password'
""")
"""For when only the password changes."""


async def pay(runner: Runner, user_id: UserId, lane: Lane, most: int, now: Millis) -> int | None:
    """Count one more failure and return how many that makes; None when the lane is closed or used up."""
    row = await runner.one(_PAY, user_id=user_id, lane=lane, most=most, now=now)
    return None if row is None else int(row["failures"])


async def load(runner: Runner, user_id: UserId, lane: Lane) -> Balance:
    """Load what the lane has spent."""
    row = await runner.one(_LOAD, user_id=user_id, lane=lane)
    return Balance(0, Millis(0)) if row is None else Balance(row["failures"], row["blocked_until"])


def close_until(tx: Tx, user_id: UserId, lane: Lane, until: Millis) -> None:
    """Close the lane until then, if it is not closed for longer."""
    tx.later(_CLOSE, user_id=user_id, lane=lane, until=until)


def clear(tx: Tx, user_id: UserId, lane: Lane) -> None:
    """Forget the lane's failures."""
    tx.later(_CLEAR, user_id=user_id, lane=lane)
