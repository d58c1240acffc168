"""Statements on the rows of `athena_authenticator` that are passkeys, and on `athena_passkey_nonce`."""

import msgspec

from athena_auth.factors.passkeys.model import Asserted, Passkey
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.authenticators import Authenticator
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

_OWNER = Statement("""
    SELECT user_id FROM athena_authenticator
    WHERE credential_id = :credential_id AND factor = 'passkey' AND state = 'active'
""")

# One id belongs to one account: the first registration decides, also of two at the same time.
_INSERT_ACTIVE = Statement("""
    INSERT INTO athena_authenticator
        (id, user_id, factor, state, label, details, counter, created_at, confirmed_at, credential_id)
    VALUES (:id, :user_id, :factor, 'active', :label, :details, :counter, :created_at, :created_at, :credential_id)
    ON CONFLICT (credential_id) DO NOTHING
""")

_REMOVE = Statement("""
    DELETE FROM athena_authenticator
    WHERE id = :id AND user_id = :user_id AND factor = :factor AND state = :state
""")

# The count is stored as it came, so that a copy or a reset is reported once and not at every use after it.
_RECORD_USE = Statement("""
    UPDATE athena_authenticator
    SET counter = :counter, details = :details, last_used_by = :browser, last_used_at = :now
    WHERE id = :id AND state = 'active'
""")

_CONSUME_NONCE = Statement("""
    INSERT INTO athena_passkey_nonce (nonce, expires_at) VALUES (:nonce, :expires_at)
    ON CONFLICT (nonce) DO NOTHING
""")

SWEEP = Statement("""
    DELETE FROM athena_passkey_nonce WHERE nonce IN
    (SELECT nonce FROM athena_passkey_nonce WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


async def owner_of(tx: Tx, credential_id: bytes) -> UserId | None:
    """Return the account that a passkey belongs to."""
    row = await tx.fetch_one(_OWNER, credential_id=credential_id)
    return None if row is None else row["user_id"]


async def add(tx: Tx, authenticator: Authenticator) -> bool:
    """Store an active authenticator that was verified when it was made; False if its credential id is taken."""
    changed = await tx.execute(
        _INSERT_ACTIVE,
        id=authenticator.id,
        user_id=authenticator.user_id,
        factor=authenticator.factor,
        label=authenticator.label,
        details=authenticator.details,
        counter=authenticator.counter,
        created_at=authenticator.created_at,
        credential_id=authenticator.credential_id,
    )
    return changed == 1


async def remove(tx: Tx, authenticator: Authenticator) -> bool:
    """Delete an authenticator; False if it is no longer in the state in which it was loaded."""
    changed = await tx.execute(
        _REMOVE,
        id=authenticator.id,
        user_id=authenticator.user_id,
        factor=authenticator.factor,
        state=authenticator.state,
    )
    return changed == 1


async def record_use(tx: Tx, passkey: Passkey, asserted: Asserted, browser: bytes, now: Millis) -> bool:
    """Store the signature count and the backup state of a verified use; False if the passkey was removed meanwhile."""
    details = msgspec.structs.replace(passkey.details, backed_up=asserted.backed_up)
    changed = await tx.execute(
        _RECORD_USE,
        id=passkey.id,
        counter=asserted.sign_count,
        details=msgspec.json.encode(details).decode(),
        browser=browser,
        now=now,
    )
    return changed == 1


async def consume_nonce(tx: Tx, nonce: bytes, expires_at: Millis) -> bool:
    """Consume the nonce of a sign-in; False if a response to it was accepted before (I3)."""
    return await tx.execute(_CONSUME_NONCE, nonce=nonce, expires_at=expires_at) == 1
