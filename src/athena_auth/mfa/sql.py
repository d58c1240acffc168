"""Statements on `athena_challenge`."""

from athena_auth.accounts.sql import account_from
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.model import Challenge, PendingSignIn
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Tx

_INSERT = Statement("""
    INSERT INTO athena_challenge
        (token_digest, user_id, tries, persistent, recognized, callback_url, created_at, expires_at)
    VALUES (:token_digest, :user_id, 0, :persistent, :recognized, :callback_url, :created_at, :expires_at)
""")

_CONSUME_ATTEMPT = Statement("""
    UPDATE athena_challenge SET tries = tries + 1
    WHERE token_digest = :token_digest AND tries < :most AND expires_at > :now
    RETURNING token_digest, user_id, tries, persistent, recognized, callback_url, created_at, expires_at
""")

_REFUND = Statement("UPDATE athena_challenge SET tries = tries - 1 WHERE token_digest = :token_digest")

_LOAD_LIVE = Statement("""
    SELECT a.*, c.tries, c.recognized FROM athena_challenge c JOIN athena_account a ON a.id = c.user_id
    WHERE c.token_digest = :token_digest AND c.expires_at > :now
""")

_CONSUME = Statement("DELETE FROM athena_challenge WHERE token_digest = :token_digest")
_END_ALL = Statement("DELETE FROM athena_challenge WHERE user_id = :user_id")

SWEEP = Statement("""
    DELETE FROM athena_challenge WHERE token_digest IN
    (SELECT token_digest FROM athena_challenge WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


def _challenge(row: Row | None) -> Challenge | None:
    if row is None:
        return None
    return Challenge(
        token_digest=row["token_digest"],
        user_id=row["user_id"],
        attempts=row["tries"],
        persistent=bool(row["persistent"]),
        recognized=bool(row["recognized"]),
        callback_url=row["callback_url"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


def insert(tx: Tx, challenge: Challenge) -> None:
    """Store a new challenge."""
    tx.defer(
        _INSERT,
        token_digest=challenge.token_digest,
        user_id=challenge.user_id,
        persistent=challenge.persistent,
        recognized=challenge.recognized,
        callback_url=challenge.callback_url,
        created_at=challenge.created_at,
        expires_at=challenge.expires_at,
    )


async def consume_attempt(tx: Tx, token_digest: bytes, most: int, now: Millis) -> Challenge | None:
    """Count an attempt on a live challenge, and lock it until the transaction ends; None when no attempt is left."""
    return _challenge(await tx.fetch_one(_CONSUME_ATTEMPT, token_digest=token_digest, most=most, now=now))


def refund_attempt(tx: Tx, token_digest: bytes) -> None:
    """Uncount an attempt that is not to be counted."""
    tx.defer(_REFUND, token_digest=token_digest)


async def load_live(tx: Tx, token_digest: bytes, now: Millis) -> PendingSignIn | None:
    """Load the account of a challenge that has not expired, even if it has no attempts left."""
    row = await tx.fetch_one(_LOAD_LIVE, token_digest=token_digest, now=now)
    return None if row is None else PendingSignIn(account_from(row), row["tries"], bool(row["recognized"]))


def consume(tx: Tx, token_digest: bytes) -> None:
    """Consume a challenge that `consume_attempt` has locked in this transaction."""
    tx.defer(_CONSUME, token_digest=token_digest)


async def end_exhausted(tx: Tx, token_digest: bytes) -> None:
    """End a challenge that has no attempts left."""
    await tx.execute(_CONSUME, token_digest=token_digest)


async def end_all(tx: Tx, user_id: UserId) -> None:
    """End all pending challenges of an account."""
    await tx.execute(_END_ALL, user_id=user_id)
