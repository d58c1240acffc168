"""Statements on `athena_backup_code`, which has a row for each code of the current set and of a pending one."""

from collections.abc import Iterable
from enum import StrEnum

from athena_auth.crypto.codes import BACKUP_CODE_COUNT
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.model import Change
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx


class BackupCodeState(StrEnum):
    """The state of a code."""

    PENDING = "pending"
    """Shown with an enrolment that is not confirmed yet."""
    ACTIVE = "active"
    USED = "used"
    """Kept until the set is replaced, to distinguish used codes from wrong ones."""


_HASH_NAMES = tuple(f"hash_{n}" for n in range(BACKUP_CODE_COUNT))
_INSERT_SET = Statement(
    # Composed only of constants of this file: the placeholders of a whole set.
    "INSERT INTO athena_backup_code (user_id, code_hash, state, created_at) VALUES "  # noqa: S608
    + ", ".join(f"(:user_id, :{name}, :state, :now)" for name in _HASH_NAMES)
)

_CONSUME = Statement("""
    UPDATE athena_backup_code SET state = 'used', used_by = :browser
    WHERE user_id = :user_id AND code_hash = :code_hash AND state = 'active'
""")
_USED_BY = Statement("""
    SELECT used_by FROM athena_backup_code WHERE user_id = :user_id AND code_hash = :code_hash AND state = 'used'
""")
_MARK_REUSED = Statement("""
    UPDATE athena_backup_code SET used_by = :browser
    WHERE user_id = :user_id AND code_hash = :code_hash AND state = 'used'
""")

_STATE_OF = Statement("""
    SELECT state FROM athena_backup_code WHERE user_id = :user_id AND code_hash = :code_hash
""")
_COUNT = Statement("""
    SELECT COUNT(*) AS codes FROM athena_backup_code WHERE user_id = :user_id AND state = :state
""")

_LOAD_HASHES = Statement("""
    SELECT code_hash FROM athena_backup_code WHERE user_id = :user_id AND state = 'active'
""")

_DROP_STATE = Statement("DELETE FROM athena_backup_code WHERE user_id = :user_id AND state = :state")
# If there is no pending set, the active one stays.
# First this one, then `_ACTIVATE`: they change different rows, and this one looks for those the other one changes.
_DROP_SUCCEEDED = Statement(
    """
    DELETE FROM athena_backup_code WHERE user_id = :user_id AND state <> 'pending'
    AND EXISTS (SELECT 1 FROM athena_backup_code p WHERE p.user_id = :user_id AND p.state = 'pending')
    """,
    combinable=True,
)
_ACTIVATE = Statement(
    "UPDATE athena_backup_code SET state = 'active' WHERE user_id = :user_id AND state = 'pending'",
    combinable=True,
)
_DROP_PENDING = Statement("DELETE FROM athena_backup_code WHERE user_id = :user_id AND state = 'pending'")
_DROP_ALL = Statement("DELETE FROM athena_backup_code WHERE user_id = :user_id")
DISCARD = Statement("""
    DELETE FROM athena_backup_code WHERE user_id IN
    (SELECT user_id FROM athena_backup_code WHERE user_id > '' ORDER BY user_id LIMIT :most)
""")
"""For a restored database: it is unknown which codes were used after the backup."""


async def replace(
    tx: Tx, user_id: UserId, hashes: Iterable[bytes], state: BackupCodeState, now: Millis
) -> None:
    """Replace the account's codes of this state with a whole new set."""
    if state is BackupCodeState.ACTIVE:
        # A pending set would otherwise replace this one when its factor is confirmed.
        await tx.execute(_DROP_ALL, user_id=user_id)
    else:
        await tx.execute(_DROP_STATE, user_id=user_id, state=state)
    named = dict(zip(_HASH_NAMES, hashes, strict=True))
    await tx.execute(_INSERT_SET, user_id=user_id, state=state, now=now, **named)


async def discard_pending(tx: Tx, user_id: UserId) -> None:
    """Delete the codes of an enrolment that was not confirmed."""
    await tx.execute(_DROP_PENDING, user_id=user_id)


async def consume(tx: Tx, user_id: UserId, code_hash: bytes, browser: bytes) -> bool:
    """Consume a code; False when this account has no such unused code."""
    return await tx.execute(_CONSUME, user_id=user_id, code_hash=code_hash, browser=browser) == 1


async def used_by(tx: Tx, user_id: UserId, code_hash: bytes) -> bytes | None:
    """Return the browser that used this code of the current set, if any."""
    row = await tx.fetch_one(_USED_BY, user_id=user_id, code_hash=code_hash)
    return None if row is None else bytes(row["used_by"])


def mark_reused(tx: Tx, user_id: UserId, code_hash: bytes, browser: bytes) -> None:
    """Record the last browser that submitted a used code: the owner is warned of each browser once."""
    tx.defer(_MARK_REUSED, user_id=user_id, code_hash=code_hash, browser=browser)


async def state_of(tx: Tx, user_id: UserId, code_hash: bytes) -> BackupCodeState | None:
    """Return the state of a code, or None if this account has no such code."""
    row = await tx.fetch_one(_STATE_OF, user_id=user_id, code_hash=code_hash)
    return None if row is None else BackupCodeState(row["state"])


async def count(tx: Tx, user_id: UserId, state: BackupCodeState) -> int:
    """Return the number of the account's codes in this state."""
    row = await tx.fetch_one(_COUNT, user_id=user_id, state=state)
    return 0 if row is None else int(row["codes"])


async def load_hashes(tx: Tx, user_id: UserId) -> list[bytes]:
    """Load the hashes of the unused codes."""
    return [row["code_hash"] for row in await tx.fetch_all(_LOAD_HASHES, user_id=user_id)]


def credentials_changed(change: Change) -> tuple[Statement, ...]:
    """Activate a pending set with its factor; delete it with the password; delete all sets with the factors."""
    if change.removes_factors:
        return (_DROP_ALL,)
    if change.confirms_enrolment:
        return (_DROP_SUCCEEDED, _ACTIVATE)
    return (_DROP_PENDING,)
