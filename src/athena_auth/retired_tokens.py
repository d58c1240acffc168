"""Statements on `athena_retired_token`."""

import msgspec

from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Runner, Tx

GRACE = 10
"""Seconds for which a retired token is remembered: enough for a double click, a slow network or a second tab."""

_PUT = Statement("""
    INSERT INTO athena_retired_token (token_digest, user_id, sealed_answer, expires_at)
    VALUES (:token_digest, :user_id, :sealed_answer, :expires_at)
    ON CONFLICT (token_digest) DO UPDATE
    SET sealed_answer = excluded.sealed_answer, expires_at = excluded.expires_at
""")

_LOAD = Statement("""
    SELECT sealed_answer FROM athena_retired_token WHERE token_digest = :token_digest AND expires_at > :now
""")

SWEEP = Statement("""
    DELETE FROM athena_retired_token WHERE token_digest IN
    (SELECT token_digest FROM athena_retired_token WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


class RetiredToken(msgspec.Struct, frozen=True):
    """A token that is no longer valid, with the sealed answer to its last request if that may be repeated."""

    sealed_answer: bytes | None


def put(
    tx: Tx, token_digest: bytes, user_id: UserId, now: Millis, sealed_answer: bytes | None = None
) -> None:
    """Remember a token that this transaction retires."""
    tx.defer(
        _PUT,
        token_digest=token_digest,
        user_id=user_id,
        sealed_answer=sealed_answer,
        expires_at=after(now, GRACE),
    )


async def load(runner: Runner, token_digest: bytes, now: Millis) -> RetiredToken | None:
    """Load a token that was retired within the grace period."""
    row = await runner.fetch_one(_LOAD, token_digest=token_digest, now=now)
    return None if row is None else RetiredToken(row["sealed_answer"])
