"""Accounts, sessions and events as a host application sees them. Times are aware datetimes in UTC."""

from datetime import UTC, datetime

import msgspec

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.recovery_cases.rules import RecoveryCase
from athena_auth.audit.model import RecordedEvent
from athena_auth.kernel.clock import Millis
from athena_auth.mfa.authenticators import Authenticator, AuthenticatorState
from athena_auth.sessions.model import Session
from athena_auth.sessions.rules import has_second_factor


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account."""

    id: str
    email: str
    email_verified: bool
    name: str
    image: str | None
    two_factor_enabled: bool
    created_at: datetime
    updated_at: datetime
    language: str | None = None
    """The language of the user's mails (BCP 47), if it is known."""
    second_factor_due_at: datetime | None = None
    """By when the account needs a second factor, if a deadline is stored; it also stays when one was enrolled."""
    has_password: bool = True
    """Whether the owner signs in with a password; if not, only with passkeys."""


class LiveSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session, without its token, which is not stored."""

    id: str
    user_id: str
    level: int
    """The assurance level, 1 or 2: the number of factors."""
    amr: tuple[str, ...]
    """The authentication methods, by their RFC 8176 names if they have one."""
    proven_at: datetime
    """When a factor was last verified in the session."""
    second_factor_verified_at: datetime | None
    """When a second factor was last verified in the session; None if none was, as with a trusted device."""
    address: str
    """The IP address that created the session."""
    user_agent: str
    created_at: datetime
    expires_at: datetime


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """An open recovery case."""

    user_id: str
    opened_at: datetime
    due_at: datetime
    """When the waiting time ends."""
    expires_at: datetime
    """Until when it can be completed."""


class EnrolledAuthenticator(msgspec.Struct, frozen=True, kw_only=True):
    """What an account has enrolled for a factor, such as an authenticator app. It contains no secret."""

    id: str
    factor: str
    """The name of the factor, such as `totp`."""
    label: str | None
    """The owner's name for it: untrusted text."""
    created_at: datetime
    last_used_at: datetime | None
    """None for sent codes."""
    suspended: bool
    """Whether its owner has suspended it: it verifies nothing until it is resumed."""


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The authenticated caller of a request: an account with a live session."""

    user: User
    session: LiveSession


class AuthEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the audit log. It contains no secret."""

    at: datetime
    name: str
    """`source:subject:action`, for instance `second-step:totp:refused`; the reference lists all names."""
    user_id: str | None
    """None for a sign-in attempt with an address that has no account."""
    reason: str | None
    """The error code, if something was refused."""
    session_id: str | None
    device_id: str | None
    """The trusted device that was granted, used or revoked."""
    authenticator_id: str | None
    """The authenticator that was verified or changed."""
    note: str | None
    """An operator's reason, in their words."""
    address: str
    """The IP address; empty for an operator's action."""
    user_agent: str
    """The request's `User-Agent` header: untrusted text."""


def user_of(account: Account) -> User:
    """Convert an account."""
    return User(
        id=account.id,
        email=account.email,
        email_verified=account.email_verified,
        name=account.name,
        image=account.image,
        two_factor_enabled=account.two_factor_enabled,
        created_at=_moment(account.created_at),
        updated_at=_moment(account.updated_at),
        language=account.language,
        second_factor_due_at=None
        if account.second_factor_due_at is None
        else _moment(account.second_factor_due_at),
        has_password=account.has_password,
    )


def live_session_of(session: Session) -> LiveSession:
    """Convert a session."""
    return LiveSession(
        id=session.id,
        user_id=session.user_id,
        level=int(session.assurance.level),
        amr=tuple(map(str, session.assurance.amr)),
        proven_at=_moment(session.proven_at),
        second_factor_verified_at=_moment(session.proven_at) if has_second_factor(session) else None,
        address=session.client.address,
        user_agent=session.client.user_agent,
        created_at=_moment(session.created_at),
        expires_at=_moment(session.expires_at),
    )


def recovery_of(case: RecoveryCase) -> Recovery:
    """Convert a recovery case."""
    return Recovery(
        user_id=case.user_id,
        opened_at=_moment(case.opened_at),
        due_at=_moment(case.due_at),
        expires_at=_moment(case.expires_at),
    )


def enrolled_authenticator_of(authenticator: Authenticator) -> EnrolledAuthenticator:
    """Convert an authenticator."""
    used_at = authenticator.last_used_at
    return EnrolledAuthenticator(
        id=authenticator.id,
        factor=authenticator.factor,
        label=authenticator.label,
        created_at=_moment(authenticator.created_at),
        last_used_at=None if used_at is None else _moment(used_at),
        suspended=authenticator.state is AuthenticatorState.SUSPENDED,
    )


def principal_of(signed_in: SignedIn) -> Principal:
    """Convert an authenticated caller."""
    return Principal(user=user_of(signed_in.account), session=live_session_of(signed_in.session))


def event_of(recorded: RecordedEvent) -> AuthEvent:
    """Convert an event of the audit log."""
    entry = recorded.entry
    return AuthEvent(
        at=_moment(recorded.at),
        name=str(entry.name),
        user_id=entry.user_id,
        reason=None if entry.reason is None else entry.reason.value,
        session_id=entry.session_id,
        device_id=entry.device_id,
        authenticator_id=entry.authenticator_id,
        note=entry.note,
        address=entry.client.address,
        user_agent=entry.client.user_agent,
    )


def _moment(milliseconds: Millis) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
