"""Statements on `athena_recovery_case`, and on the columns of `athena_account` that name the open case.

A case is open while its account names it. So opening, cancelling and completing are writes to one row, that of the account,
which sign-ins load anyway: an account without a case costs no further statement.
"""

from athena_auth.accounts.model import Account
from athena_auth.accounts.recovery_cases.rules import RecoveryCase
from athena_auth.accounts.sql import account_from
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Runner, Tx

_INSERT = Statement("""
    INSERT INTO athena_recovery_case (id, user_id, opened_at, due_at, expires_at, next_mail_at)
    VALUES (:id, :user_id, :opened_at, :due_at, :expires_at, :next_mail_at)
""")
_NAME = Statement("UPDATE athena_account SET recovery_case = :case_id WHERE id = :user_id")
_LAST_OPENED = Statement("SELECT MAX(opened_at) AS at FROM athena_recovery_case WHERE user_id = :user_id")
_LOAD = Statement("SELECT * FROM athena_recovery_case WHERE id = :id")
_LOAD_OPEN = Statement("""
    SELECT c.*, a.email FROM athena_recovery_case c JOIN athena_account a ON a.id = c.user_id AND a.recovery_case = c.id
    WHERE c.expires_at > :now ORDER BY c.opened_at
""")
_END = Statement(
    "UPDATE athena_account SET recovery_case = NULL WHERE id = :user_id AND recovery_case = :case_id"
)
_RECOVER = Statement("""
    UPDATE athena_account SET recovered_at = :now, email_verified = :yes WHERE id = :user_id RETURNING *
""")
_SHORTEN = Statement("""
    UPDATE athena_recovery_case SET due_at = :due_at, expires_at = :expires_at, next_mail_at = :next_mail_at
    WHERE id = :id AND due_at > :due_at
""")
_LOAD_DUE_MAILS = Statement("""
    SELECT c.* FROM athena_recovery_case c JOIN athena_account a ON a.id = c.user_id AND a.recovery_case = c.id
    WHERE c.next_mail_at <= :now ORDER BY c.next_mail_at LIMIT :most
""")
_BEGIN_MAIL = Statement("""
    UPDATE athena_recovery_case SET next_mail_at = :next_mail_at
    WHERE id = :id AND next_mail_at <= :now AND due_at = :due_at
""")

SWEEP = Statement("""
    DELETE FROM athena_recovery_case WHERE id IN
    (SELECT id FROM athena_recovery_case WHERE opened_at <= :cutoff ORDER BY opened_at LIMIT :most)
""")
END_ALL = Statement("""
    UPDATE athena_account SET recovery_case = NULL WHERE id IN
    (SELECT a.id FROM athena_recovery_case c JOIN athena_account a ON a.id = c.user_id AND a.recovery_case = c.id
     ORDER BY c.opened_at LIMIT :most)
""")


def _case(row: Row) -> RecoveryCase:
    return RecoveryCase(row["id"], row["user_id"], row["opened_at"], row["due_at"], row["expires_at"])


def insert(tx: Tx, case: RecoveryCase, *, next_mail_at: Millis) -> None:
    """Store a new case, and name it in the account, which the caller has locked."""
    tx.defer(
        _INSERT,
        id=case.id,
        user_id=case.user_id,
        opened_at=case.opened_at,
        due_at=case.due_at,
        expires_at=case.expires_at,
        next_mail_at=next_mail_at,
    )
    tx.defer(_NAME, user_id=case.user_id, case_id=case.id)


async def last_opened_at(tx: Tx, user_id: UserId) -> Millis | None:
    """Return when the account's latest case was opened; None if none is stored."""
    row = await tx.fetch_one(_LAST_OPENED, user_id=user_id)
    return None if row is None else row["at"]


async def load(tx: Tx, case_id: str | None) -> RecoveryCase | None:
    """Load a case, whether open or not; None for None."""
    row = None if case_id is None else await tx.fetch_one(_LOAD, id=case_id)
    return None if row is None else _case(row)


async def load_open(runner: Runner, now: Millis) -> list[tuple[str, RecoveryCase]]:
    """Load the open cases with the addresses of their accounts, in the order in which they were opened."""
    return [(row["email"], _case(row)) for row in await runner.fetch_all(_LOAD_OPEN, now=now)]


async def end(tx: Tx, user_id: UserId, case_id: str) -> bool:
    """End this case; False if it has been cancelled or completed. Of concurrent calls one returns True."""
    return await tx.execute(_END, user_id=user_id, case_id=case_id) == 1


async def recover(tx: Tx, user_id: UserId, now: Millis) -> Account | None:
    """Record that the factors were removed with a link from an email, so that sign-ins can do nothing but enrol one.

    None if the account no longer exists.
    """
    row = await tx.fetch_one(_RECOVER, user_id=user_id, now=now, yes=True)
    return None if row is None else account_from(row)


async def shorten(tx: Tx, case: RecoveryCase, *, next_mail_at: Millis) -> bool:
    """Store a shorter waiting time; False if it is as short already."""
    changed = await tx.execute(
        _SHORTEN, id=case.id, due_at=case.due_at, expires_at=case.expires_at, next_mail_at=next_mail_at
    )
    return changed == 1


async def load_due_mails(runner: Runner, now: Millis, most: int) -> list[RecoveryCase]:
    """Load the open cases whose owners are to get a mail now."""
    return [_case(row) for row in await runner.fetch_all(_LOAD_DUE_MAILS, now=now, most=most)]


async def begin_mail(tx: Tx, case: RecoveryCase, *, next_mail_at: Millis, now: Millis) -> bool:
    """Schedule the mail after the one that is due; False if another process has, or if the case was shortened."""
    begun = await tx.execute(_BEGIN_MAIL, id=case.id, next_mail_at=next_mail_at, now=now, due_at=case.due_at)
    return begun == 1
