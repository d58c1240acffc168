"""Statements on `athena_mail_token`, which has a row for each link that was sent and not consumed."""

from enum import StrEnum

from athena_auth.accounts.model import Account
from athena_auth.accounts.sql import account_from
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.model import Change
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx


class Purpose(StrEnum):
    """What a link may be used for."""

    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"
    RECOGNIZE_BROWSER = "recognize"
    OPEN_RECOVERY = "open-recovery"
    CANCEL_RECOVERY = "cancel-recovery"
    COMPLETE_RECOVERY = "finish-recovery"


LIFETIMES = {
    # NIST SP 800-63B-4 section 4.2.1.2 allows 24 hours for a code sent by email.
    Purpose.VERIFY_EMAIL: 86_400,
    Purpose.RESET_PASSWORD: 1_800,
    Purpose.RECOGNIZE_BROWSER: 86_400,
    Purpose.OPEN_RECOVERY: 1_800,
    Purpose.COMPLETE_RECOVERY: 86_400,
}
"""Seconds for which a link works. Those that cancel a recovery case work as long as the case is open."""


_PUT = Statement(
    """
    INSERT INTO athena_mail_token (token_digest, user_id, purpose, created_at, expires_at)
    VALUES (:token_digest, :user_id, :purpose, :now, :expires_at)
    """,
    combinable=True,
)
_LOAD = Statement("""
    SELECT a.* FROM athena_mail_token t JOIN athena_account a ON a.id = t.user_id
    WHERE t.token_digest = :token_digest AND t.purpose = :purpose AND t.expires_at > :now
""")
_CONSUME = Statement("""
    DELETE FROM athena_mail_token WHERE token_digest = :token_digest AND purpose = :purpose AND expires_at > :now
    RETURNING user_id
""")
_DROP_OF_CREDENTIALS = Statement("""
    DELETE FROM athena_mail_token WHERE user_id = :user_id
    AND purpose IN ('reset-password', 'open-recovery', 'cancel-recovery', 'finish-recovery')
""")
# Combinable: the link that follows an undone change of address is stored after this was deferred. A combined statement
# deletes what was there before it, and so does a sequence in that order.
_DROP_ALL = Statement("DELETE FROM athena_mail_token WHERE user_id = :user_id", combinable=True)

SWEEP = Statement("""
    DELETE FROM athena_mail_token WHERE token_digest IN
    (SELECT token_digest FROM athena_mail_token WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


def put(
    tx: Tx, token_digest: bytes, user_id: UserId, purpose: Purpose, *, now: Millis, expires_at: Millis
) -> None:
    """Store a new link. Earlier ones stay valid: users open whichever email they find first."""
    tx.defer(
        _PUT, token_digest=token_digest, user_id=user_id, purpose=purpose, now=now, expires_at=expires_at
    )


async def load(tx: Tx, token_digest: bytes, purpose: Purpose, now: Millis) -> Account | None:
    """Load the account of a link without consuming the link."""
    row = await tx.fetch_one(_LOAD, token_digest=token_digest, purpose=purpose, now=now)
    return None if row is None else account_from(row)


async def consume(tx: Tx, token_digest: bytes, purpose: Purpose, now: Millis) -> UserId | None:
    """Consume a link and return its account; None when it was used, has expired or never existed."""
    row = await tx.fetch_one(_CONSUME, token_digest=token_digest, purpose=purpose, now=now)
    return None if row is None else UserId(row["user_id"])


def credentials_changed(change: Change) -> tuple[Statement, ...]:
    """Delete links to reset the password and of recoveries, which were requested under the old credentials.

    With the address all links end, since they were sent to the old one.
    """
    leaves_address = change in {Change.EMAIL_CHANGED, Change.EMAIL_RESTORED}
    return (_DROP_ALL if leaves_address else _DROP_OF_CREDENTIALS,)
