"""Statements on `athena_invite`, which has a row for each invitation that was sent and not used."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Runner, Tx

_PUT = Statement("""
    INSERT INTO athena_invite (token_digest, email, created_at, expires_at)
    VALUES (:token_digest, :email, :now, :expires_at)
""")
_FIND = Statement("""
    SELECT email FROM athena_invite WHERE token_digest = :token_digest AND email = :email AND expires_at > :now
""")
_CONSUME = Statement("""
    DELETE FROM athena_invite WHERE token_digest = :token_digest AND email = :email AND expires_at > :now
""")
_DELETE_ALL = Statement("DELETE FROM athena_invite WHERE email = :email")
_DELETE_LIVE = Statement("DELETE FROM athena_invite WHERE email = :email AND expires_at > :now")
_LOAD_LIVE = Statement("""
    SELECT email, created_at, expires_at FROM athena_invite WHERE expires_at > :now ORDER BY expires_at, email
""")

SWEEP = Statement("""
    DELETE FROM athena_invite WHERE token_digest IN
    (SELECT token_digest FROM athena_invite WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


class Invite(msgspec.Struct, frozen=True):
    """An invitation that can still be used."""

    email: str
    created_at: Millis
    expires_at: Millis


def put(tx: Tx, token_digest: bytes, email: str, *, now: Millis, expires_at: Millis) -> None:
    """Store a new invitation. Earlier ones stay valid: users open whichever email they find first."""
    tx.defer(_PUT, token_digest=token_digest, email=email, now=now, expires_at=expires_at)


async def is_live(runner: Runner, token_digest: bytes, email: str, now: Millis) -> bool:
    """Tell whether this invitation is for this address and can still be used."""
    return await runner.fetch_one(_FIND, token_digest=token_digest, email=email, now=now) is not None


async def consume(tx: Tx, token_digest: bytes, email: str, now: Millis) -> bool:
    """Consume an invitation and every other one of its address; False when it cannot be used any more."""
    if await tx.execute(_CONSUME, token_digest=token_digest, email=email, now=now) == 0:
        return False
    # If the account were deleted, another mail would create it again.
    tx.defer(_DELETE_ALL, email=email)
    return True


async def delete_live(tx: Tx, email: str, now: Millis) -> bool:
    """Delete the invitations of an address; False when none of them could still be used."""
    return await tx.execute(_DELETE_LIVE, email=email, now=now) > 0


async def load_live(tx: Tx, now: Millis) -> list[Invite]:
    """Load the invitations that can still be used, those that expire first at the beginning."""
    rows = await tx.fetch_all(_LOAD_LIVE, now=now)
    return [Invite(row["email"], row["created_at"], row["expires_at"]) for row in rows]
