"""Statements on `athena_signing_key`."""

from athena_auth.assertions.rules import SigningKey
from athena_auth.kernel.clock import Millis
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Tx

# The condition lets both planners use the primary key.
_LOAD = Statement("SELECT * FROM athena_signing_key WHERE id > '' ORDER BY id")
# Of processes that make a successor at the same time, one inserts; the others then load what it has inserted.
_INSERT = Statement("""
    INSERT INTO athena_signing_key (id, algorithm, number, sealed_private_key, signs_from, expires_at)
    VALUES (:id, :algorithm, :number, :sealed_private_key, :signs_from, :expires_at)
    ON CONFLICT (algorithm, number) DO NOTHING
""")
_SUPERSEDE = Statement("""
    UPDATE athena_signing_key SET expires_at = :expires_at
    WHERE algorithm = :algorithm AND number < :number AND expires_at > :expires_at
""")
_DELETE_OTHERS = Statement("DELETE FROM athena_signing_key WHERE id > '' AND id <> :id")

SWEEP = Statement("""
    DELETE FROM athena_signing_key WHERE id IN
    (SELECT id FROM athena_signing_key WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


def _key_from(row: Row) -> SigningKey:
    return SigningKey(
        row["id"],
        row["algorithm"],
        row["number"],
        row["sealed_private_key"],
        row["signs_from"],
        row["expires_at"],
    )


async def load(tx: Tx) -> list[SigningKey]:
    """Load the keys of all algorithms, oldest first; expired ones too, whose numbers are taken."""
    return [_key_from(row) for row in await tx.fetch_all(_LOAD)]


async def insert(tx: Tx, key: SigningKey) -> bool:
    """Store a key; False if another process has just stored one with its number."""
    inserted = await tx.execute(
        _INSERT,
        id=key.id,
        algorithm=key.algorithm,
        number=key.number,
        sealed_private_key=key.sealed_private_key,
        signs_from=key.signs_from,
        expires_at=key.expires_at,
    )
    return inserted == 1


async def supersede(tx: Tx, key: SigningKey, expires_at: Millis) -> None:
    """Let the earlier keys of this key's algorithm expire at this time, unless they do so before."""
    await tx.execute(_SUPERSEDE, algorithm=key.algorithm, number=key.number, expires_at=expires_at)


async def delete_others(tx: Tx, key_id: str) -> None:
    """Delete all keys but this one, of every algorithm."""
    await tx.execute(_DELETE_OTHERS, id=key_id)
