"""Statements over `athena_backup_code`: a row for each code of the present set, and of one that is pending."""

from collections.abc import Iterable
from enum import StrEnum

from athena_auth.challenge.model import Change
from athena_auth.crypto.codes import BACKUP_CODE_COUNT
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx


class State(StrEnum):
    """Whether a set of codes is in force."""

    PENDING = "pending"
    """Shown with an enrolment that is not confirmed yet."""
    ACTIVE = "active"
    USED = "used"
    """Kept until the set is replaced, so that a used code can be told from a wrong one."""


_HASH_NAMES = tuple(f"hash_{n}" for n in range(BACKUP_CODE_COUNT))
_INSERT_SET = Statement(
    # Composed of this file's own words: the placeholders of a whole set.
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

_COUNT = Statement("""
    SELECT COUNT(*) AS codes FROM athena_backup_code WHERE user_id = :user_id AND state = :state
""")

_LOAD_HASHES = Statement("""
    SELECT code_hash FROM athena_backup_code WHERE user_id = :user_id AND state = 'active'
""")

_DROP_STATE = Statement("DELETE FROM athena_backup_code WHERE user_id = :user_id AND state = :state")
# An enrolment that shows no new codes (a factor added beside others) leaves the old ones in force.
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
"""For a database that was restored: which codes were used since the backup was taken, nobody knows."""


async def replace(tx: Tx, user_id: UserId, hashes: Iterable[bytes], state: State, now: Millis) -> None:
    """Make these the account's codes of a state, a whole set, in the place of those it had."""
    if state is State.ACTIVE:
        # What was pending would else take the place of what is issued now, when its factor is confirmed.
        await tx.execute(_DROP_ALL, user_id=user_id)
    else:
        await tx.execute(_DROP_STATE, user_id=user_id, state=state)
    named = dict(zip(_HASH_NAMES, hashes, strict=True))
    await tx.execute(_INSERT_SET, user_id=user_id, state=state, now=now, **named)


async def consume(tx: Tx, user_id: UserId, code_hash: bytes, browser: bytes) -> bool:
    """Use a code up; False when this account has no such code (any more)."""
    return await tx.execute(_CONSUME, user_id=user_id, code_hash=code_hash, browser=browser) == 1


async def used_by(tx: Tx, user_id: UserId, code_hash: bytes) -> bytes | None:
    """Return which browser used this code of the present set, if one did."""
    row = await tx.fetch_one(_USED_BY, user_id=user_id, code_hash=code_hash)
    return None if row is None else bytes(row["used_by"])


def mark_reused(tx: Tx, user_id: UserId, code_hash: bytes, browser: bytes) -> None:
    """Record which browser offered a used code last: the owner is warned of each but once."""
    tx.defer(_MARK_REUSED, user_id=user_id, code_hash=code_hash, browser=browser)


async def count(tx: Tx, user_id: UserId, state: State) -> int:
    """Return how many codes of a state the account has."""
    row = await tx.fetch_one(_COUNT, user_id=user_id, state=state)
    return 0 if row is None else int(row["codes"])


async def load_hashes(tx: Tx, user_id: UserId) -> list[bytes]:
    """Load the hashes of the codes that may be used."""
    return [row["code_hash"] for row in await tx.fetch_all(_LOAD_HASHES, user_id=user_id)]


def credentials_changed(change: Change) -> tuple[Statement, ...]:
    """Put a pending set into force with its factor; drop it with the password; forget all with the factors."""
    if change.removes_factors:
        return (_DROP_ALL,)
    if change in {Change.FACTOR_ADDED, Change.FACTOR_REPLACED}:
        return (_DROP_SUCCEEDED, _ACTIVATE)
    return (_DROP_PENDING,)
