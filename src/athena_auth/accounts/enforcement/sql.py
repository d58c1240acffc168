"""Statements on the columns of `athena_account` that store the deadline for a second factor."""

import msgspec

from athena_auth.accounts.enforcement.rules import Notice
from athena_auth.accounts.model import Account
from athena_auth.accounts.sql import account_from
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Runner, Tx

# The deadline is stored once: a second sign-in, or a concurrent one, finds it and does not extend it.
_BEGIN = Statement("""
    UPDATE athena_account SET second_factor_due_at = :due_at, second_factor_notice = :notice
    WHERE id = :id AND second_factor_due_at IS NULL AND NOT second_factor_exempt AND NOT two_factor_enabled
    RETURNING *
""")

_SET = Statement("""
    UPDATE athena_account
    SET second_factor_due_at = :due_at, second_factor_exempt = :exempt, second_factor_notice = :notice
    WHERE id = :id
    RETURNING *
""")

_REMIND = Statement("""
    UPDATE athena_account SET second_factor_notice = :notice
    WHERE id = :id AND second_factor_notice < :notice AND second_factor_due_at > :now
        AND second_factor_due_at <= :until AND NOT two_factor_enabled
    RETURNING *
""")

_LOAD_TO_REMIND = Statement("""
    SELECT id FROM athena_account
    WHERE second_factor_due_at > :now AND second_factor_due_at <= :until AND second_factor_notice < :notice
        AND second_factor_due_at IS NOT NULL AND NOT two_factor_enabled
    ORDER BY second_factor_due_at LIMIT :most
""")

_LOAD_WITHOUT_FACTOR = Statement("""
    SELECT id, email, second_factor_due_at, second_factor_exempt FROM athena_account
    WHERE id > :after AND NOT two_factor_enabled ORDER BY id LIMIT :most
""")

# Names of factors have no wildcards of LIKE. Counted, because PostgreSQL answers NOT EXISTS below OR by a hash of all
# authenticators, for each batch of accounts.
_LOAD_WITHOUT_METHOD = Statement("""
    SELECT id, email, second_factor_due_at, second_factor_exempt, two_factor_enabled FROM athena_account a
    WHERE id > :after AND (NOT two_factor_enabled OR 0 = (
        SELECT COUNT(*) FROM athena_authenticator o
        WHERE o.user_id = a.id AND o.state = 'active' AND :methods LIKE '%,' || o.factor || ',%'))
    ORDER BY id LIMIT :most
""")

END_OVERDUE_SESSIONS = Statement("""
    DELETE FROM athena_session WHERE level < 2 AND id IN
    (SELECT s.id FROM athena_account a JOIN athena_session s ON s.user_id = a.id
     WHERE a.second_factor_due_at <= :cutoff AND a.second_factor_due_at IS NOT NULL AND NOT a.two_factor_enabled
     AND s.level < 2 LIMIT :most)
""")
"""Ends the sessions of accounts whose deadline has passed: they were created with the password alone.

The level is checked again on the row that is deleted: a factor that is confirmed at the same moment has raised it.
"""


class WithoutFactor(msgspec.Struct, frozen=True):
    """An account without a second factor."""

    id: UserId
    email: str
    due_at: Millis | None
    """By when it needs one; None if no deadline has been stored."""
    is_exempt: bool
    has_other: bool = False
    """Whether it has second factors, none of which is offered any more."""


async def begin(tx: Tx, user_id: UserId, due_at: Millis, notice: Notice) -> Account | None:
    """Store the deadline of an account that has none; None if it has one, needs none, or has a factor."""
    row = await tx.fetch_one(_BEGIN, id=user_id, due_at=due_at, notice=notice)
    return None if row is None else account_from(row)


async def set_deadline(
    tx: Tx, user_id: UserId, due_at: Millis | None, notice: Notice, *, exempt: bool
) -> Account | None:
    """Replace the deadline of an account; None if it does not exist."""
    row = await tx.fetch_one(_SET, id=user_id, due_at=due_at, exempt=exempt, notice=notice)
    return None if row is None else account_from(row)


async def begin_reminder(
    tx: Tx, user_id: UserId, notice: Notice, now: Millis, until: Millis
) -> Account | None:
    """Mark a reminder as sent; None if another process has, or if the account no longer needs it."""
    row = await tx.fetch_one(_REMIND, id=user_id, notice=notice, now=now, until=until)
    return None if row is None else account_from(row)


async def load_to_remind(
    runner: Runner, notice: Notice, now: Millis, until: Millis, most: int
) -> list[UserId]:
    """Load accounts whose deadline is between `now` and `until`, and whose owners have not got this reminder."""
    rows = await runner.fetch_all(_LOAD_TO_REMIND, notice=notice, now=now, until=until, most=most)
    return [row["id"] for row in rows]


async def load_without_factor(runner: Runner, after: str, most: int) -> list[WithoutFactor]:
    """Load the next accounts without a second factor, in the order of their creation; `after` is the last id before."""
    return [
        _without_factor(row) for row in await runner.fetch_all(_LOAD_WITHOUT_FACTOR, after=after, most=most)
    ]


async def load_without_method(
    runner: Runner, methods: tuple[str, ...], after: str, most: int
) -> list[WithoutFactor]:
    """Load those, and the accounts whose active authenticators are all of other methods than these."""
    names = f",{','.join(methods)},"
    rows = await runner.fetch_all(_LOAD_WITHOUT_METHOD, methods=names, after=after, most=most)
    return [
        msgspec.structs.replace(_without_factor(row), has_other=bool(row["two_factor_enabled"]))
        for row in rows
    ]


def _without_factor(row: Row) -> WithoutFactor:
    is_exempt = bool(row["second_factor_exempt"])
    return WithoutFactor(row["id"], row["email"], row["second_factor_due_at"], is_exempt)
