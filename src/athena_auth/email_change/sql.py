"""Statements on `athena_email_change`, and on the address of an account.

A row is a change of address. It is pending until the link to the new address was opened, and after that, for as long as
it can be undone, it has the digest of the link that does so. Its `old_email` is reserved for the account
(`accounts/sql.py`); it is NULL if that address was not verified.
"""

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.accounts.sql import account_from
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.model import Change
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Runner, Tx, UniqueViolation

VERIFY_LIFETIME = 86_400
"""Seconds for which the link to the new address works (NIST SP 800-63B-4 section 4.2.1.1)."""
UNDO_LIFETIME = 604_800
"""Seconds for which a change can be undone, and for which the old address is reserved."""

_LOAD_HOLDER = Statement("""
    SELECT * FROM athena_account WHERE id = (SELECT MIN(h.id) FROM (
        SELECT id FROM athena_account WHERE email = :email
        UNION ALL
        SELECT user_id AS id FROM athena_email_change WHERE old_email = :email AND expires_at > :now
    ) h WHERE h.id <> :other_than)
""")
_CHANGE_EMAIL = Statement("""
    UPDATE athena_account SET email = :email, email_verified = :yes, updated_at = :now
    WHERE id = :id AND NOT EXISTS (SELECT 1 FROM athena_email_change c
                                   WHERE c.old_email = :email AND c.expires_at > :now AND c.user_id <> :id)
""")
_DROP_PENDING = Statement("DELETE FROM athena_email_change WHERE user_id = :user_id AND undo_digest IS NULL")
_PUT = Statement("""
    INSERT INTO athena_email_change (verify_digest, user_id, old_email, new_email, created_at, expires_at)
    VALUES (:verify_digest, :user_id, :old_email, :new_email, :now, :expires_at)
""")
_LOAD = Statement(
    "SELECT * FROM athena_email_change WHERE verify_digest = :verify_digest AND expires_at > :now"
)
_CONSUME = Statement("""
    UPDATE athena_email_change SET undo_digest = :undo_digest, expires_at = :expires_at
    WHERE verify_digest = :verify_digest AND undo_digest IS NULL AND expires_at > :now
    RETURNING *
""")
_LOAD_UNDO = Statement(
    "SELECT * FROM athena_email_change WHERE undo_digest = :undo_digest AND expires_at > :now"
)
_CONSUME_UNDO = Statement("""
    DELETE FROM athena_email_change WHERE undo_digest = :undo_digest AND expires_at > :now RETURNING *
""")
_DROP_SINCE = Statement("DELETE FROM athena_email_change WHERE user_id = :user_id AND created_at >= :since")

SWEEP = Statement("""
    DELETE FROM athena_email_change WHERE verify_digest IN
    (SELECT verify_digest FROM athena_email_change WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


class EmailChange(msgspec.Struct, frozen=True):
    """A change of address."""

    user_id: UserId
    old_email: str | None
    """None if that address was not verified: it may be a stranger's, so nothing is sent to it and nothing reserved."""
    new_email: str
    is_done: bool
    created_at: Millis


def _email_change(row: Row | None) -> EmailChange | None:
    if row is None:
        return None
    is_done = row["undo_digest"] is not None
    return EmailChange(row["user_id"], row["old_email"], row["new_email"], is_done, row["created_at"])


def credentials_changed(_change: Change) -> tuple[Statement, ...]:
    """Delete a pending change: it was requested under the old credentials, perhaps by an attacker."""
    return (_DROP_PENDING,)


async def replace_pending(tx: Tx, verify_digest: bytes, change: EmailChange, *, expires_at: Millis) -> None:
    """Store a pending change in place of an earlier one, whose link ends: it may have gone to a mistyped address."""
    await tx.execute(_DROP_PENDING, user_id=change.user_id)
    tx.defer(
        _PUT,
        verify_digest=verify_digest,
        user_id=change.user_id,
        old_email=change.old_email,
        new_email=change.new_email,
        now=change.created_at,
        expires_at=expires_at,
    )


async def load_holder(tx: Tx, email: str, other_than: UserId, now: Millis) -> Account | None:
    """Load another account that has this address, or for which it is reserved."""
    row = await tx.fetch_one(_LOAD_HOLDER, email=email, other_than=other_than, now=now)
    return None if row is None else account_from(row)


async def change_email(tx: Tx, user_id: UserId, email: str, now: Millis) -> None:
    """Replace the address by one that is verified.

    Raises:
        UniqueViolation: another account has it, or it is reserved for one. The transaction must be rolled back.
    """
    if await tx.execute(_CHANGE_EMAIL, id=user_id, email=email, yes=True, now=now) == 0:
        raise UniqueViolation("the address is reserved for another account")


async def load(runner: Runner, verify_digest: bytes, now: Millis) -> EmailChange | None:
    """Load the change of a link to a new address; it may be done already."""
    return _email_change(await runner.fetch_one(_LOAD, verify_digest=verify_digest, now=now))


async def consume(
    tx: Tx, verify_digest: bytes, undo_digest: bytes, *, now: Millis, expires_at: Millis
) -> EmailChange | None:
    """Mark a pending change as done, and store the link that undoes it; None if it is done, replaced or expired."""
    row = await tx.fetch_one(
        _CONSUME, verify_digest=verify_digest, undo_digest=undo_digest, now=now, expires_at=expires_at
    )
    return _email_change(row)


async def load_undo(runner: Runner, undo_digest: bytes, now: Millis) -> EmailChange | None:
    """Load the change that a link undoes."""
    return _email_change(await runner.fetch_one(_LOAD_UNDO, undo_digest=undo_digest, now=now))


async def consume_undo(tx: Tx, undo_digest: bytes, now: Millis) -> EmailChange | None:
    """Consume the link that undoes a change; None if it was used, has ended or has expired."""
    return _email_change(await tx.fetch_one(_CONSUME_UNDO, undo_digest=undo_digest, now=now))


async def drop_since(tx: Tx, user_id: UserId, since: Millis) -> None:
    """Delete the account's changes that were requested since then, pending and done."""
    await tx.execute(_DROP_SINCE, user_id=user_id, since=since)
