"""Statements over `athena_password_budget`: a row for each subject that a wrong password was charged to."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Runner, Store, Tx
from athena_auth.throttle.passwords.model import Subjects

FOR_EVER = Millis(2**62)
"""Later than any instant."""

# A network's count has a window; one older than that begins anew, as does one of a clock that was set back since.
_BEGINS_ANEW = "(b.subject = :network AND (b.began_at <= :window_began OR b.began_at > :now))"

# One statement, so that a guess is paid for in one round trip. Rows are locked in this order by everybody.
# Who waits charges nobody else.
_PAY = Statement(f"""
    INSERT INTO athena_password_budget AS b (subject, failures, blocked_until, began_at, expires_at)
    VALUES (:network, 1, 0, :now, :soon), (:pair, 1, 0, :now, :soon), (:account, 1, 0, :now, :account_expires_at)
    ON CONFLICT (subject) DO UPDATE
    SET failures = CASE WHEN {_BEGINS_ANEW} THEN 1 ELSE b.failures + 1 END,
        began_at = CASE WHEN {_BEGINS_ANEW} THEN :now ELSE b.began_at END,
        expires_at = CASE WHEN b.subject = :account AND b.failures + 1 >= CAST(:most AS INTEGER) THEN :for_ever
                          ELSE excluded.expires_at END
    WHERE b.blocked_until <= :now
      AND (b.subject = :pair OR NOT EXISTS
           (SELECT 1 FROM athena_password_budget p WHERE p.subject = :pair AND p.blocked_until > :now))
      AND ({_BEGINS_ANEW} OR b.subject = :pair OR b.failures <
           CASE WHEN b.subject = :network THEN CAST(:most_of_network AS INTEGER) ELSE CAST(:most AS INTEGER) END)
    RETURNING subject, failures, warned_at
""")  # noqa: S608 - composed of this file's own words

_LOAD = Statement("""
    SELECT subject, failures, blocked_until, began_at FROM athena_password_budget
    WHERE subject IN (:network, :pair, :account)
""")

_REFUND = Statement("""
    UPDATE athena_password_budget SET failures = failures - 1 WHERE subject = :subject AND failures > 0
""")

_CLOSE = Statement("""
    UPDATE athena_password_budget SET blocked_until = :until WHERE subject = :subject AND blocked_until < :until
""")
_RECORD_WARNING = Statement("UPDATE athena_password_budget SET warned_at = :now WHERE subject = :subject")
_CLEAR = Statement("""
    UPDATE athena_password_budget SET failures = 0, blocked_until = 0, warned_at = 0 WHERE subject = :subject
""")

_CLEAR_COUNTED = Statement("""
    UPDATE athena_password_budget SET failures = 0, blocked_until = 0, warned_at = 0
    WHERE subject = :subject AND (failures > 0 OR blocked_until > 0 OR warned_at > 0)
""")

_FORGET = Statement("DELETE FROM athena_password_budget WHERE subject = :subject")

SWEEP = Statement("""
    DELETE FROM athena_password_budget WHERE subject IN
    (SELECT subject FROM athena_password_budget WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


class Terms(msgspec.Struct, frozen=True):
    """How much each may be charged, and how long counts are kept, at an instant."""

    now: Millis
    window_began: Millis
    """A network's count that began at or before this begins anew."""
    soon: Millis
    """When the count of a network or a pair is forgotten."""
    in_a_while: Millis
    """When the count of an address of mail without account is."""
    most: int
    most_of_network: int


class Count(msgspec.Struct, frozen=True):
    """What a subject was charged with this attempt, and when the owner was last notified of it."""

    failures: int
    warned_at: Millis


class Balance(msgspec.Struct, frozen=True):
    """What a subject has been charged, and until when it is closed."""

    failures: int
    blocked_until: Millis
    began_at: Millis


async def pay(runner: Runner, subjects: Subjects, terms: Terms) -> dict[bytes, Count]:
    """Charge an attempt to each subject that has something left; return those, with how many that makes."""
    rows = await runner.all(
        _PAY,
        network=subjects.network,
        pair=subjects.pair,
        account=subjects.account,
        now=terms.now,
        for_ever=FOR_EVER,
        window_began=terms.window_began,
        soon=terms.soon,
        account_expires_at=FOR_EVER if subjects.is_known else terms.in_a_while,
        most=terms.most,
        most_of_network=terms.most_of_network,
    )
    return {bytes(row["subject"]): Count(row["failures"], row["warned_at"]) for row in rows}


async def load(store: Store, subjects: Subjects) -> dict[bytes, Balance]:
    """Load what the three have been charged."""

    async def work(tx: Tx) -> dict[bytes, Balance]:
        rows = await tx.all(_LOAD, network=subjects.network, pair=subjects.pair, account=subjects.account)
        return {
            bytes(row["subject"]): Balance(row["failures"], row["blocked_until"], row["began_at"])
            for row in rows
        }

    return await store.read(work)


def refund(tx: Tx, subject: bytes) -> None:
    """Take one charge back."""
    tx.later(_REFUND, subject=subject)


def close_until(tx: Tx, subject: bytes, until: Millis) -> None:
    """Look at no guess of this subject until then, or for longer if that is so already."""
    tx.later(_CLOSE, subject=subject, until=until)


def record_warning(tx: Tx, subject: bytes, now: Millis) -> None:
    """Record that the owner is notified of what this subject was charged."""
    tx.later(_RECORD_WARNING, subject=subject, now=now)


def forget(tx: Tx, subject: bytes) -> None:
    """Drop a subject that is no more."""
    tx.later(_FORGET, subject=subject)


def clear(tx: Tx, subject: bytes) -> None:
    """Forget what a subject was charged."""
    tx.later(_CLEAR, subject=subject)


async def clear_counted(tx: Tx, subject: bytes) -> bool:
    """Forget what a subject was charged; False when that is nothing."""
    return await tx.run(_CLEAR_COUNTED, subject=subject) == 1
