"""Statements on `athena_guess_budget`: one row for each account and each kind of attempt it has seen."""

from enum import StrEnum

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Runner, Tx
from athena_auth.throttle.rules import MAX_BY_RECOGNIZED, MAX_BY_STRANGERS


class AttemptKind(StrEnum):
    """The kinds of attempt that are counted separately.

    Of the hundred consecutive failures that an authenticator may have, unrecognized clients ("strangers") get most.
    The rest is reserved for recognized browsers, trusted devices and live sessions. Strangers cannot use it up, so
    they cannot lock the owner out. Strangers' attempts at passwords are counted in `throttle.passwords`, by
    email address, because there may be no account at the address.

    The values are those of the database column, which uses older names.
    """

    STRANGER_CODE = "challenge"
    RECOGNIZED_CODE = "session"
    RECOGNIZED_PASSWORD = "password"

    @property
    def limit(self) -> int:
        """The number of consecutive failures after which no attempt of this kind is verified."""
        return MAX_BY_STRANGERS if self is AttemptKind.STRANGER_CODE else MAX_BY_RECOGNIZED


class Allowed(msgspec.Struct, frozen=True):
    """The attempt was counted, as the `failures`-th consecutive failure until it is verified."""

    failures: int
    warned_at: Millis
    """When the owner was last notified of failures of this kind; 0 if not since the last reset."""


class Throttled(msgspec.Struct, frozen=True):
    """No attempt is verified before `until`, or none at all if `used_up`."""

    until: Millis
    used_up: bool = False


class FailureCount(msgspec.Struct, frozen=True):
    """The number of consecutive failures, and the time before which no attempt is verified."""

    failures: int
    blocked_until: Millis


_CONSUME_ATTEMPT = Statement("""
    INSERT INTO athena_guess_budget AS b (user_id, lane, failures, blocked_until) VALUES (:user_id, :kind, 1, 0)
    ON CONFLICT (user_id, lane) DO UPDATE
    SET failures = b.failures + 1
    WHERE b.failures < :most AND b.blocked_until <= :now
    RETURNING failures, warned_at
""")

_TOUCH = Statement("""
    INSERT INTO athena_guess_budget AS b (user_id, lane, failures, blocked_until) VALUES (:user_id, :kind, 0, 0)
    ON CONFLICT (user_id, lane) DO UPDATE SET failures = b.failures
    RETURNING failures, warned_at
""")

_LOAD = Statement("""
    SELECT failures, blocked_until FROM athena_guess_budget WHERE user_id = :user_id AND lane = :kind
""")

# Combinable with each other and with the resets: a transaction ends an attempt of a kind in one way only, so what it
# writes beside that is another kind's row.
_RECORD_FAILURE = Statement(
    """
    UPDATE athena_guess_budget
    SET blocked_until = CASE WHEN blocked_until < :until THEN :until ELSE blocked_until END, warned_at = :warned_at
    WHERE user_id = :user_id AND lane = :kind
    """,
    combinable=True,
)

_REFUND = Statement(
    """
    UPDATE athena_guess_budget SET failures = failures - 1 WHERE user_id = :user_id AND lane = :kind AND failures > 0
    """,
    combinable=True,
)

# Whichever of the three resets a row, it becomes the same.
_RESET = Statement(
    """
    UPDATE athena_guess_budget SET failures = 0, blocked_until = 0, warned_at = 0
    WHERE user_id = :user_id AND lane = :kind
    """,
    combinable=True,
)

RESET_ALL = Statement(
    "UPDATE athena_guess_budget SET failures = 0, blocked_until = 0, warned_at = 0 WHERE user_id = :user_id",
    combinable=True,
)
"""For a change of credentials: the failed attempts were at the old ones."""

_RESET_COUNTED = Statement("""
    UPDATE athena_guess_budget SET failures = 0, blocked_until = 0, warned_at = 0
    WHERE user_id = :user_id AND (failures > 0 OR blocked_until > 0 OR warned_at > 0)
""")

RESET_PASSWORDS = Statement(
    """
    UPDATE athena_guess_budget SET failures = 0, blocked_until = 0, warned_at = 0
    WHERE user_id = :user_id AND lane = 'password'
    """,
    combinable=True,
)
"""For a change of only the password."""

END_DELAYS = Statement("""
    UPDATE athena_guess_budget
    SET failures = CASE WHEN lane = 'password' THEN 0 ELSE failures END, blocked_until = 0
    WHERE user_id = :user_id
""")
"""For a password reset by email: the failed attempts at codes stay counted, but their delay ends."""


def _allowed(row: Row) -> Allowed:
    return Allowed(int(row["failures"]), row["warned_at"])


async def consume(runner: Runner, user_id: UserId, kind: AttemptKind, now: Millis) -> Allowed | None:
    """Count one more failure; None when the kind is blocked or has no attempts left."""
    row = await runner.fetch_one(_CONSUME_ATTEMPT, user_id=user_id, kind=kind, most=kind.limit, now=now)
    return None if row is None else _allowed(row)


async def touch(tx: Tx, user_id: UserId, kind: AttemptKind) -> Allowed:
    """Lock the row of a kind until the transaction ends, and load it."""
    row = await tx.fetch_one(_TOUCH, user_id=user_id, kind=kind)
    return Allowed(0, Millis(0)) if row is None else _allowed(row)


async def load(runner: Runner, user_id: UserId, kind: AttemptKind) -> FailureCount:
    """Load the count of a kind."""
    row = await runner.fetch_one(_LOAD, user_id=user_id, kind=kind)
    return FailureCount(0, Millis(0)) if row is None else FailureCount(row["failures"], row["blocked_until"])


def record_failure(tx: Tx, user_id: UserId, kind: AttemptKind, *, until: Millis, warned_at: Millis) -> None:
    """Block the kind until this time, unless it is blocked for longer, and record when the owner was notified."""
    tx.defer(_RECORD_FAILURE, user_id=user_id, kind=kind, until=until, warned_at=warned_at)


def refund(tx: Tx, user_id: UserId, kind: AttemptKind) -> None:
    """Uncount one failure."""
    tx.defer(_REFUND, user_id=user_id, kind=kind)


def reset(tx: Tx, user_id: UserId, kind: AttemptKind) -> None:
    """Reset the failures of one kind."""
    tx.defer(_RESET, user_id=user_id, kind=kind)


async def reset_counted(tx: Tx, user_id: UserId) -> bool:
    """Reset the failures of all kinds; False when none was counted."""
    return await tx.execute(_RESET_COUNTED, user_id=user_id) > 0
