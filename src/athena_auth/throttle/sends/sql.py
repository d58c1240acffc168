"""Statements over `athena_send_budget`: a row for each account that was ever sent a code or a link."""

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

_PAY = Statement("""
    INSERT INTO athena_send_budget AS b (user_id, sends, began_at, next_at) VALUES (:user_id, 1, :now, :now)
    ON CONFLICT (user_id) DO UPDATE
    SET sends = CASE WHEN b.began_at <= :window_began THEN 1 ELSE b.sends + 1 END,
        began_at = CASE WHEN b.began_at <= :window_began THEN :now ELSE b.began_at END,
        next_at = CASE WHEN b.began_at > :window_began AND b.sends + 1 >= :free THEN :later ELSE :now END
    WHERE b.began_at <= :window_began OR (b.sends < :most AND b.next_at <= :now)
    RETURNING sends
""")

_LOAD = Statement("SELECT sends, began_at, next_at FROM athena_send_budget WHERE user_id = :user_id")
_CLEAR = Statement("DELETE FROM athena_send_budget WHERE user_id = :user_id")


async def pay(
    tx: Tx, user_id: UserId, *, now: Millis, window_began: Millis, free: int, later: Millis, most: int
) -> bool:
    """Count one more send; False when none is left in this window, or the next one is not due yet."""
    row = await tx.one(
        _PAY, user_id=user_id, now=now, window_began=window_began, free=free, later=later, most=most
    )
    return row is not None


async def load(tx: Tx, user_id: UserId) -> tuple[int, Millis, Millis]:
    """Load how many were sent, since when, and when the next one is due."""
    row = await tx.one(_LOAD, user_id=user_id)
    return (0, Millis(0), Millis(0)) if row is None else (row["sends"], row["began_at"], row["next_at"])


def clear(tx: Tx, user_id: UserId) -> None:
    """Forget what was sent."""
    tx.later(_CLEAR, user_id=user_id)
