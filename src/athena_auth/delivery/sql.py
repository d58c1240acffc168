"""Statements over `athena_outbox`."""

from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Runner, Tx


class Due(msgspec.Struct, frozen=True):
    """An unsent message, still encrypted."""

    id: str
    sealed_message: bytes
    attempts: int
    due_at: Millis
    expires_at: Millis


_INSERT = Statement(
    """
    INSERT INTO athena_outbox (id, sealed_message, tries, due_at, expires_at)
    VALUES (:id, :sealed_message, 0, :due_at, :expires_at)
    """,
    combinable=True,
)

_LOAD_DUE = Statement("""
    SELECT * FROM athena_outbox WHERE due_at <= :now ORDER BY due_at LIMIT :most
""")

_LEASE_ROW = Statement("""
    UPDATE athena_outbox SET due_at = :lease_until, tries = tries + 1 WHERE id = :id AND due_at = :seen
""")

_POSTPONE = Statement("UPDATE athena_outbox SET due_at = :due_at WHERE id = :id")
BATCH_SIZE = 8
"""The most rows that one statement deletes."""
_DELETE_NAMES = tuple(f"id_{n}" for n in range(BATCH_SIZE))
_DELETE = Statement(
    # Composed of constants: one placeholder for each row.
    f"DELETE FROM athena_outbox WHERE id IN ({', '.join(f':{name}' for name in _DELETE_NAMES)})"  # noqa: S608
)

DISCARD = Statement("""
    DELETE FROM athena_outbox WHERE id IN
    (SELECT id FROM athena_outbox WHERE due_at <= :cutoff ORDER BY due_at LIMIT :most)
""")
"""For messages in a restored database: they were sent long ago, or report what never happened."""


def insert(tx: Tx, message_id: str, sealed_message: bytes, *, due_at: Millis, expires_at: Millis) -> None:
    """Store an encrypted message."""
    tx.defer(_INSERT, id=message_id, sealed_message=sealed_message, due_at=due_at, expires_at=expires_at)


async def load_due(tx: Tx, now: Millis, most: int) -> list[Due]:
    """Load the messages that are due and that no process has leased."""
    rows = await tx.fetch_all(_LOAD_DUE, now=now, most=most)
    return [
        Due(row["id"], row["sealed_message"], row["tries"], row["due_at"], row["expires_at"]) for row in rows
    ]


async def lease(tx: Tx, message_id: str, seen: Millis, lease_until: Millis) -> bool:
    """Lease a message that was due at `seen` to this process. False means that another process was faster."""
    return await tx.execute(_LEASE_ROW, id=message_id, seen=seen, lease_until=lease_until) == 1


async def postpone(runner: Runner, message_id: str, due_at: Millis) -> None:
    """Set when a message is due again."""
    await runner.execute(_POSTPONE, id=message_id, due_at=due_at)


async def delete(runner: Runner, message_ids: Sequence[str]) -> None:
    """Delete messages that were delivered or cannot be: at least one, at most `BATCH_SIZE`."""
    named = dict(zip_longest(_DELETE_NAMES, message_ids, fillvalue=message_ids[0]))
    await runner.execute(_DELETE, **named)
