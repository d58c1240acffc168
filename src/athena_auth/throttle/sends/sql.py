"""Statements on `athena_send_budget` and `athena_network_send`.

The first has a row for each account and kind of send. The second has a row for each account and each network that has
requested a send to it in the last hour.
"""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

# If the window began in the future, the clock was set back since: the count restarts.
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


# The hour begins with the first send. If the clock was set back since, the count restarts.
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
    """The limits of a send."""

    now: Millis
    window_began: Millis
    """A count that began at or before this time restarts."""
    free: int
    """Sends without a delay between them."""
    next_at: Millis
    """When the next send is allowed after those."""
    most: int
    """The maximum in a window."""


async def consume(tx: Tx, user_id: UserId, kind: str, limits: SendLimits) -> int | None:
    """Count one more send, and return how many that makes in this window.

    None when none is left in it, or the next one is not allowed yet.
    """
    row = await tx.fetch_one(_CONSUME_SEND, user_id=user_id, kind=kind, **msgspec.structs.asdict(limits))
    return None if row is None else row["sends"]


async def consume_of_network(
    tx: Tx, user_id: UserId, network: bytes, most: int, *, now: Millis, expires_at: Millis
) -> bool:
    """Count one more send that a network requested; False when it has reached its limit for this hour."""
    row = await tx.fetch_one(
        _CONSUME_NETWORK_SEND, user_id=user_id, network=network, most=most, now=now, expires_at=expires_at
    )
    return row is not None


async def load(tx: Tx, user_id: UserId, kind: str) -> tuple[int, Millis, Millis]:
    """Load the number of sends, the start of the window, and when the next send is allowed."""
    row = await tx.fetch_one(_LOAD, user_id=user_id, kind=kind)
    return (0, Millis(0), Millis(0)) if row is None else (row["sends"], row["began_at"], row["next_at"])


def reset(tx: Tx, user_id: UserId, kind: str) -> None:
    """Reset the sends of a kind."""
    tx.defer(_RESET, user_id=user_id, kind=kind)


def reset_networks(tx: Tx, user_id: UserId) -> None:
    """Reset the sends that networks requested."""
    tx.defer(_RESET_NETWORKS, user_id=user_id)
