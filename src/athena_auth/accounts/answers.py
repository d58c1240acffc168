"""Accounts and sessions in responses, and the errors that several routes share."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.kernel.errors import ErrorCode
from athena_auth.sessions.model import Session
from athena_auth.sessions.rules import has_second_factor
from athena_auth.wire.fields import (
    Email,
    EmailVerified,
    Id,
    ImageUrl,
    IpAddress,
    LanguageCode,
    Name,
    Timestamp,
    TwoFactorEnabled,
    UserAgent,
    timestamp,
)
from athena_auth.wire.reply import Cookie, CookieName, Reply

NEW_PASSWORD_ERRORS = (
    ErrorCode.PASSWORD_TOO_SHORT,
    ErrorCode.PASSWORD_TOO_LONG,
    ErrorCode.PASSWORD_TOO_COMMON,
    ErrorCode.PASSWORD_COMPROMISED,
    ErrorCode.PASSWORD_CONTAINS_EMAIL,
)
"""For a new password."""

STEP_UP_ERRORS = (
    ErrorCode.STEP_UP_REQUIRED,
    ErrorCode.INVALID_CODE,
    ErrorCode.INVALID_BACKUP_CODE,
    ErrorCode.ACCOUNT_TEMPORARILY_LOCKED,
)
"""For a code in a live session."""

PASSWORD_STEP_UP_ERRORS = (
    ErrorCode.INVALID_PASSWORD,
    *STEP_UP_ERRORS,
    ErrorCode.CONFLICT,
)
"""For a password, and a code if one is required, in a live session."""


A = TypeVar("A", bound=msgspec.Struct)


class UserAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """An account."""

    id: Id
    email: Email
    email_verified: EmailVerified
    name: Name
    image: ImageUrl | None
    two_factor_enabled: TwoFactorEnabled
    created_at: Timestamp
    updated_at: Timestamp
    language: LanguageCode | UnsetType = UNSET


class SessionAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A session and its assurance."""

    id: Id
    token: Annotated[
        str,
        Meta(
            description="The session token if the caller has just sent or received it, otherwise the session's id, which "
            "`/revoke-session` also accepts. Tokens are stored as digests, so they cannot be shown again.",
            examples=["01927f2a4d1b8c3e5f60718293a4b5c6"],
        ),
    ]
    user_id: Id
    ip_address: IpAddress
    user_agent: UserAgent
    created_at: Timestamp
    updated_at: Timestamp
    expires_at: Timestamp
    level: Annotated[
        int,
        Meta(description="The assurance level: the number of factors.", ge=1, le=2, examples=[2]),
    ]
    amr: Annotated[
        list[str],
        Meta(
            description="The authentication methods, with the names of RFC 8176 where it defines one.",
            examples=[["pwd", "otp"]],
        ),
    ]
    proven_at: Timestamp
    """When a factor was last verified in the session."""
    second_factor_verified_at: Timestamp | None
    """When a second factor was last verified in the session; null if none was, as after a sign-in from a trusted device."""


def user_answer(account: Account) -> UserAnswer:
    """Return the account as shown to clients."""
    return UserAnswer(
        id=account.id,
        email=account.email,
        email_verified=account.email_verified,
        name=account.name,
        image=account.image,
        two_factor_enabled=account.two_factor_enabled,
        created_at=timestamp(account.created_at),
        updated_at=timestamp(account.updated_at),
        language=account.language or UNSET,
    )


def session_answer(session: Session, token: str) -> SessionAnswer:
    """Return the session as shown to clients. `token` is one that the caller knows, or the session's id."""
    return SessionAnswer(
        id=session.id,
        token=token,
        user_id=session.user_id,
        ip_address=session.client.address,
        user_agent=session.client.user_agent,
        created_at=timestamp(session.created_at),
        updated_at=timestamp(session.updated_at),
        expires_at=timestamp(session.expires_at),
        level=session.assurance.level,
        amr=list(session.assurance.amr),
        proven_at=timestamp(session.proven_at),
        second_factor_verified_at=timestamp(session.proven_at) if has_second_factor(session) else None,
    )


def session_cookie(session: Session, token: str) -> Cookie:
    """Return the cookie of a session. Unless the session is persistent, the cookie ends when the browser closes."""
    remaining = (session.expires_at - session.updated_at) // 1000
    return Cookie(CookieName.SESSION, token, remaining if session.persistent else None)


def session_reply(body: A, signed_in: SignedIn, *cookies: Cookie) -> Reply[A]:
    """Return the reply to a call that may have rotated the session's token."""
    cookie = session_cookie(signed_in.session, signed_in.token)
    return Reply(body, (cookie, *cookies), session_token=signed_in.token)


def renewed_reply(body: A, before: SignedIn, after: SignedIn) -> Reply[A]:
    """Return the reply to a call that rotates the session's token only when the session has gained assurance."""
    return Reply(body) if before.token == after.token else session_reply(body, after)
