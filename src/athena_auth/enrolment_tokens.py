"""Enrolment tokens, and the statements on `athena_enrolment_token`.

An account that must have a second factor, and has none, gets such a token for its password in place of a session. The token
can only enrol a factor. Confirming the enrolment consumes it and creates the session. It is not a session: whatever
accepts sessions refuses it without a check of its own. Each change of credentials ends the account's tokens.
"""

import msgspec

from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Runner, Tx

LIFETIME = 1200
"""Seconds: as long as an enrolment that was begun (NIST SP 800-63B-4 section 4.1)."""

_INSERT = Statement("""
    INSERT INTO athena_enrolment_token (token_digest, user_id, persistent, callback_url, created_at, expires_at)
    VALUES (:token_digest, :user_id, :persistent, :callback_url, :now, :expires_at)
""")

_LOAD_OWNER = Statement("""
    SELECT user_id FROM athena_enrolment_token WHERE token_digest = :token_digest AND expires_at > :now
""")

_LOCK_LIVE = Statement("""
    UPDATE athena_enrolment_token SET persistent = persistent
    WHERE token_digest = :token_digest AND expires_at > :now
    RETURNING user_id, persistent, callback_url
""")

_END = Statement("DELETE FROM athena_enrolment_token WHERE token_digest = :token_digest")
_END_ALL = Statement("DELETE FROM athena_enrolment_token WHERE user_id = :user_id")

SWEEP = Statement("""
    DELETE FROM athena_enrolment_token WHERE token_digest IN
    (SELECT token_digest FROM athena_enrolment_token WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


class EnrolmentToken(msgspec.Struct, frozen=True):
    """A live token: whose sign-in it stands for, and how that sign-in continues."""

    user_id: UserId
    persistent: bool
    """Whether the session's cookie will outlive the browser ("remember me")."""
    callback_url: str | None
    """The page to open after the sign-in."""


def issue(tx: Tx, owner: EnrolmentToken, now: Millis) -> str:
    """Store a new token, and return it."""
    token = new_token(TokenKind.ENROLMENT)
    tx.defer(
        _INSERT,
        token_digest=digest(TokenKind.ENROLMENT, token),
        user_id=owner.user_id,
        persistent=owner.persistent,
        callback_url=owner.callback_url,
        now=now,
        expires_at=after(now, LIFETIME),
    )
    return token


async def load_owner(runner: Runner, token: str, now: Millis) -> UserId | None:
    """Load the account of a live token."""
    row = await runner.fetch_one(_LOAD_OWNER, token_digest=digest(TokenKind.ENROLMENT, token), now=now)
    return None if row is None else row["user_id"]


async def lock_live(tx: Tx, token: str, now: Millis) -> EnrolmentToken | None:
    """Lock a live token until the transaction ends. Changes of credentials lock the account first: so must the caller."""
    row = await tx.fetch_one(_LOCK_LIVE, token_digest=digest(TokenKind.ENROLMENT, token), now=now)
    return (
        None if row is None else EnrolmentToken(row["user_id"], bool(row["persistent"]), row["callback_url"])
    )


async def end(runner: Runner, token: str) -> None:
    """End a token."""
    await runner.execute(_END, token_digest=digest(TokenKind.ENROLMENT, token))


async def end_all(tx: Tx, user_id: UserId) -> None:
    """End all tokens of an account."""
    await tx.execute(_END_ALL, user_id=user_id)
