"""Statements over `athena_trusted_device`."""

from athena_auth.challenge.model import Change
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.sessions.model import ClientInfo
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

_INSERT = Statement("""
    INSERT INTO athena_trusted_device (id, user_id, token_digest, address, user_agent, created_at, last_used_at,
                                       expires_at)
    VALUES (:id, :user_id, :token_digest, :address, :user_agent, :now, :now, :expires_at)
""")

_ROTATE = Statement("""
    UPDATE athena_trusted_device
    SET token_digest = :successor, address = :address, user_agent = :user_agent, last_used_at = :now,
        expires_at = :expires_at
    WHERE token_digest = :token_digest AND user_id = :user_id AND expires_at > :now
""")

_END_ALL = Statement("DELETE FROM athena_trusted_device WHERE user_id = :user_id")

SWEEP = Statement("""
    DELETE FROM athena_trusted_device WHERE id IN
    (SELECT id FROM athena_trusted_device WHERE expires_at <= :now ORDER BY expires_at LIMIT :most)
""")


def insert(
    tx: Tx, user_id: UserId, token_digest: bytes, client: ClientInfo, *, now: Millis, expires_at: Millis
) -> None:
    """Store a device that is trusted from now on."""
    tx.later(
        _INSERT,
        id=new_id(now),
        user_id=user_id,
        token_digest=token_digest,
        address=client.address,
        user_agent=client.user_agent,
        now=now,
        expires_at=expires_at,
    )


async def rotate(
    tx: Tx,
    user_id: UserId,
    token_digest: bytes,
    successor: bytes,
    client: ClientInfo,
    *,
    now: Millis,
    expires_at: Millis,
) -> bool:
    """Use a token up and put its successor in its place; False when it is spent, expired or somebody else's."""
    changed = await tx.run(
        _ROTATE,
        token_digest=token_digest,
        user_id=user_id,
        successor=successor,
        address=client.address,
        user_agent=client.user_agent,
        now=now,
        expires_at=expires_at,
    )
    return changed == 1


def credentials_changed(_change: Change) -> tuple[Statement, ...]:
    """Trust no device any more: what it proved was proven with the old credentials."""
    return (_END_ALL,)
