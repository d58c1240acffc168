"""Statements over `athena_send_budget`: a row for each account and kind of message that was ever sent."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

# A window that began after now was counted by a clock that has been set back since: it begins anew.
_PAY = Statement("""
    INSERT INTO athena_send_budget AS b (user_id, kind, sends, began_at, next_at)
    VALUES (:user_id, :kind, 1, :now, :now)
    ON CONFLICT (user_id, kind) DO UPDATE
    SET sends = CASE WHEN b.began_at > :window_began AND b.began_at <= :now THEN b.sends + 1 ELSE 1 END,
        began_at = CASE WHEN b.began_at > :window_began AND b.began_at <= :now THEN b.began_at ELSE :now END,
        next_at = CASE WHEN b.began_at > :window_began AND b.began_at <= :now AND b.sends + 1 >= :free THEN :later
                       ELSE :now END
    WHERE b.began_at <= :window_began OR b.began_at > :now OR (b.sends < :most AND b.next_at <= :now)
    RETURNING sends
""")

_LOAD = Statement("""
    SELECT sends, began_at, next_at FROM athena_send_budget WHERE user_id = :user_id AND kind = :kind
""")
_CLEAR = Statement("DELETE FROM athena_send_budget WHERE user_id = :user_id AND kind = :kind")


class Terms(msgspec.Struct, frozen=True):
    """How much may be sent, at an instant."""

    now: Millis
    window_began: Millis
    """A count that began at or before this begins anew."""
    free: int
    """Sends that need not wait for each other."""
    later: Millis
    """When the next one is due after those."""
    most: int
    """In a window."""


async def pay(tx: Tx, user_id: UserId, kind: str, terms: Terms) -> bool:
    """Count one more send; False when none is left in this window, or the next one is not due yet."""
    row = await tx.one(_PAY, user_id=user_id, kind=kind, **msgspec.structs.asdict(terms))
    return row is not None


async def load(tx: Tx, user_id: UserId, kind: str) -> tuple[int, Millis, Millis]:
    """Load how many were sent, since when, and when the next one is due."""
    row = await tx.one(_LOAD, user_id=user_id, kind=kind)
    return (0, Millis(0), Millis(0)) if row is None else (row["sends"], row["began_at"], row["next_at"])


def clear(tx: Tx, user_id: UserId, kind: str) -> None:
    """Forget what was sent."""
    tx.later(_CLEAR, user_id=user_id, kind=kind)
