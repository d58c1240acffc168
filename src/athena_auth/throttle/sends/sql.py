"""Statements over `athena_send_budget` and `athena_network_send`.

The first has a row for each account and kind of message that was ever sent, the second for each network that had
something sent to an account in the last hour.
"""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

# A window that began after now was counted by a clock that has been set back since: it begins anew.
_CONSUME_SEND = Statement("""
    INSERT INTO athena_send_budget AS b (user_id, kind, sends, began_at, next_at)
    VALUES (:user_id, :kind, 1, :now, :now)
    ON CONFLICT (user_id, kind) DO UPDATE
    SET sends = CASE WHEN b.began_at > :window_began AND b.began_at <= :now THEN b.sends + 1 ELSE 1 END,
        began_at = CASE WHEN b.began_at > :window_began AND b.began_at <= :now THEN b.began_at ELSE :now END,
        next_at = CASE WHEN b.began_at > :window_began AND b.began_at <= :now AND b.sends + 1 >= :free THEN :next_at
                       ELSE :now END
    WHERE b.began_at <= :window_began OR b.began_at > :now OR (b.sends < :most AND b.next_at <= :now)
    RETURNING sends
""")

_LOAD = Statement("""
    SELECT sends, began_at, next_at FROM athena_send_budget WHERE user_id = :user_id AND kind = :kind
""")
_RESET = Statement("DELETE FROM athena_send_budget WHERE user_id = :user_id AND kind = :kind")


# The hour begins with the first send. A row of a clock that has been set back since begins anew.
_CONSUME_NETWORK_SEND = Statement("""
    INSERT INTO athena_network_send AS n (user_id, network, sends, expires_at)
    VALUES (:user_id, :network, 1, :expires_at)
    ON CONFLICT (user_id, network) DO UPDATE
    SET sends = CASE WHEN n.expires_at > :now AND n.expires_at <= :expires_at THEN n.sends + 1 ELSE 1 END,
        expires_at = CASE WHEN n.expires_at > :now AND n.expires_at <= :expires_at THEN n.expires_at
                          ELSE :expires_at END
    WHERE n.sends < :most OR n.expires_at <= :now OR n.expires_at > :expires_at
    RETURNING sends
""")

_RESET_NETWORKS = Statement("DELETE FROM athena_network_send WHERE user_id = :user_id")

SWEEP = Statement("""
    DELETE FROM athena_network_send WHERE (user_id, network) IN
    (SELECT user_id, network FROM athena_network_send WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


class SendLimits(msgspec.Struct, frozen=True):
    """How much may be sent, at an instant."""

    now: Millis
    window_began: Millis
    """A count that began at or before this begins anew."""
    free: int
    """Sends that need not wait for each other."""
    next_at: Millis
    """When the next one is due after those."""
    most: int
    """In a window."""


async def consume(tx: Tx, user_id: UserId, kind: str, limits: SendLimits) -> bool:
    """Count one more send; False when none is left in this window, or the next one is not due yet."""
    row = await tx.fetch_one(_CONSUME_SEND, user_id=user_id, kind=kind, **msgspec.structs.asdict(limits))
    return row is not None


async def consume_of_network(
    tx: Tx, user_id: UserId, network: bytes, most: int, *, now: Millis, expires_at: Millis
) -> bool:
    """Count one more send at the request of a network; False when it has had its share of this hour."""
    row = await tx.fetch_one(
        _CONSUME_NETWORK_SEND, user_id=user_id, network=network, most=most, now=now, expires_at=expires_at
    )
    return row is not None


async def load(tx: Tx, user_id: UserId, kind: str) -> tuple[int, Millis, Millis]:
    """Load how many were sent, since when, and when the next one is due."""
    row = await tx.fetch_one(_LOAD, user_id=user_id, kind=kind)
    return (0, Millis(0), Millis(0)) if row is None else (row["sends"], row["began_at"], row["next_at"])


def reset(tx: Tx, user_id: UserId, kind: str) -> None:
    """Forget what was sent."""
    tx.defer(_RESET, user_id=user_id, kind=kind)


def reset_networks(tx: Tx, user_id: UserId) -> None:
    """Forget at the request of which networks it was sent."""
    tx.defer(_RESET_NETWORKS, user_id=user_id)
