"""Statements over `athena_backup_code`: a row for each code that may still be used."""

from collections.abc import Iterable
from enum import StrEnum

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx


class State(StrEnum):
    """Whether a set of codes is in force."""

    PENDING = "pending"
    """Shown with an enrolment that is not confirmed yet."""
    ACTIVE = "active"


_INSERT = Statement("""
    INSERT INTO athena_backup_code (user_id, code_hash, state, created_at)
    VALUES (:user_id, :code_hash, :state, :now)
""")

_SPEND = Statement("""
    DELETE FROM athena_backup_code WHERE user_id = :user_id AND code_hash = :code_hash AND state = :active
""")

_COUNT = Statement("""
    SELECT COUNT(*) AS codes FROM athena_backup_code WHERE user_id = :user_id AND state = :state
""")

_DROP_STATE = Statement("DELETE FROM athena_backup_code WHERE user_id = :user_id AND state = :state")
_ACTIVATE = Statement(
    "UPDATE athena_backup_code SET state = :active WHERE user_id = :user_id AND state = :pending"
)
_DROP_ALL = Statement("DELETE FROM athena_backup_code WHERE user_id = :user_id")


async def replace(tx: Tx, user_id: UserId, hashes: Iterable[bytes], state: State, now: Millis) -> None:
    """Make these the account's codes of a state, in the place of those it had."""
    await tx.run(_DROP_STATE, user_id=user_id, state=state)
    for code_hash in hashes:
        await tx.run(_INSERT, user_id=user_id, code_hash=code_hash, state=state, now=now)


async def spend(tx: Tx, user_id: UserId, code_hash: bytes) -> bool:
    """Use a code up; False when this account has no such code (any more)."""
    return await tx.run(_SPEND, user_id=user_id, code_hash=code_hash, active=State.ACTIVE) == 1


async def count(tx: Tx, user_id: UserId, state: State) -> int:
    """Return how many codes of a state the account has."""
    row = await tx.one(_COUNT, user_id=user_id, state=state)
    return 0 if row is None else int(row["codes"])


async def activate_pending(tx: Tx, user_id: UserId) -> None:
    """Put the pending set into force, in the place of the one that was."""
    await tx.run(_DROP_STATE, user_id=user_id, state=State.ACTIVE)
    await tx.run(_ACTIVATE, user_id=user_id, active=State.ACTIVE, pending=State.PENDING)


async def drop_all(tx: Tx, user_id: UserId) -> None:
    """Forget all codes of an account."""
    await tx.run(_DROP_ALL, user_id=user_id)
