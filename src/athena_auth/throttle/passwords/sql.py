"""Statements on `athena_password_budget`, which has a row for each key (column `subject`) with failed attempts."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Runner, Store, Tx
from athena_auth.throttle.passwords.model import ThrottleKeys

FOR_EVER = Millis(2**62)
"""Later than any time."""

# A network's count has a window; one older than that begins anew, as does one of a clock that was set back since.
_BEGINS_AGAIN = "(b.subject = :network AND (b.began_at <= :window_began OR b.began_at > :now))"

# One statement, so that an attempt is counted in one round trip. Every transaction locks the rows in this order.
# While the pair is blocked, nothing is counted for the network and the account.
_CONSUME_ATTEMPT = Statement(f"""
    INSERT INTO athena_password_budget AS b (subject, failures, blocked_until, began_at, expires_at)
    VALUES (:network, 1, 0, :now, :soon), (:pair, 1, 0, :now, :soon), (:account, 1, 0, :now, :account_expires_at)
    ON CONFLICT (subject) DO UPDATE
    SET failures = CASE WHEN {_BEGINS_AGAIN} THEN 1 ELSE b.failures + 1 END,
        began_at = CASE WHEN {_BEGINS_AGAIN} THEN :now ELSE b.began_at END,
        expires_at = CASE WHEN b.subject = :account AND b.failures + 1 >= CAST(:most AS INTEGER) THEN :for_ever
                          ELSE excluded.expires_at END
    WHERE b.blocked_until <= :now
      AND (b.subject = :pair OR NOT EXISTS
           (SELECT 1 FROM athena_password_budget p WHERE p.subject = :pair AND p.blocked_until > :now))
      AND ({_BEGINS_AGAIN} OR b.subject = :pair OR b.failures <
           CASE WHEN b.subject = :network THEN CAST(:most_of_network AS INTEGER) ELSE CAST(:most AS INTEGER) END)
    RETURNING subject, failures, warned_at
""")  # noqa: S608 - composed of this file's own words

_LOAD = Statement("""
    SELECT subject, failures, blocked_until, began_at FROM athena_password_budget
    WHERE subject IN (:network, :pair, :account)
""")

# Each of the next four changes one row. A transaction calls them for the keys of one attempt, of which no two are equal,
# and one call for each key; only `_RESET` may come twice, and then does the same.
_REFUND = Statement(
    "UPDATE athena_password_budget SET failures = failures - 1 WHERE subject = :subject AND failures > 0",
    combinable=True,
)

_BLOCK = Statement(
    """
    UPDATE athena_password_budget SET blocked_until = :until WHERE subject = :subject AND blocked_until < :until
    """,
    combinable=True,
)
_RECORD_WARNING = Statement(
    "UPDATE athena_password_budget SET warned_at = :now WHERE subject = :subject", combinable=True
)
_RESET = Statement(
    """
    UPDATE athena_password_budget SET failures = 0, blocked_until = 0, warned_at = 0 WHERE subject = :subject
    """,
    combinable=True,
)

_RESET_COUNTED = Statement("""
    UPDATE athena_password_budget SET failures = 0, blocked_until = 0, warned_at = 0
    WHERE subject = :subject AND (failures > 0 OR blocked_until > 0 OR warned_at > 0)
""")

_FORGET = Statement("DELETE FROM athena_password_budget WHERE subject = :subject")

SWEEP = Statement("""
    DELETE FROM athena_password_budget WHERE subject IN
    (SELECT subject FROM athena_password_budget WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


class PasswordLimits(msgspec.Struct, frozen=True):
    """The limits of each key, and when the counts expire."""

    now: Millis
    window_began: Millis
    """A network's count that began at or before this time restarts."""
    soon: Millis
    """When the counts of networks and pairs expire."""
    in_a_while: Millis
    """When the count of an email address without an account expires."""
    most: int
    most_of_network: int


class CountedFailure(msgspec.Struct, frozen=True):
    """The failures of a key, including this attempt, and when the owner was last notified of them."""

    failures: int
    warned_at: Millis


class KeyFailures(msgspec.Struct, frozen=True):
    """The failures of a key, and until when it is blocked."""

    failures: int
    blocked_until: Millis
    began_at: Millis


async def consume(runner: Runner, keys: ThrottleKeys, limits: PasswordLimits) -> dict[bytes, CountedFailure]:
    """Count an attempt under each key that is not blocked; return those keys with their counts."""
    rows = await runner.fetch_all(
        _CONSUME_ATTEMPT,
        network=keys.network,
        pair=keys.pair,
        account=keys.account,
        now=limits.now,
        for_ever=FOR_EVER,
        window_began=limits.window_began,
        soon=limits.soon,
        account_expires_at=FOR_EVER if keys.is_known else limits.in_a_while,
        most=limits.most,
        most_of_network=limits.most_of_network,
    )
    return {bytes(row["subject"]): CountedFailure(row["failures"], row["warned_at"]) for row in rows}


async def load(store: Store, keys: ThrottleKeys) -> dict[bytes, KeyFailures]:
    """Load the counts of the three keys."""

    async def work(tx: Tx) -> dict[bytes, KeyFailures]:
        rows = await tx.fetch_all(_LOAD, network=keys.network, pair=keys.pair, account=keys.account)
        return {
            bytes(row["subject"]): KeyFailures(row["failures"], row["blocked_until"], row["began_at"])
            for row in rows
        }

    return await store.read(work)


def refund(tx: Tx, subject: bytes) -> None:
    """Uncount one failure."""
    tx.defer(_REFUND, subject=subject)


def close_until(tx: Tx, subject: bytes, until: Millis) -> None:
    """Block a key until this time, unless it is blocked for longer."""
    tx.defer(_BLOCK, subject=subject, until=until)


def record_warning(tx: Tx, subject: bytes, now: Millis) -> None:
    """Record that the owner is notified of the failures of this key."""
    tx.defer(_RECORD_WARNING, subject=subject, now=now)


def forget(tx: Tx, subject: bytes) -> None:
    """Delete the count of a key."""
    tx.defer(_FORGET, subject=subject)


def reset(tx: Tx, subject: bytes) -> None:
    """Reset the failures of a key."""
    tx.defer(_RESET, subject=subject)


async def reset_counted(tx: Tx, subject: bytes) -> bool:
    """Reset the failures of a key; False when there were none."""
    return await tx.execute(_RESET_COUNTED, subject=subject) == 1
