"""Accounts and signed-in users."""

import msgspec
from msgspec import UNSET, UnsetType

from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode
from athena_auth.kernel.ids import UserId
from athena_auth.sessions.model import Session
from athena_auth.wire.caller import ClientInfo
from athena_auth.wire.route import SessionOwner


class Account(msgspec.Struct, frozen=True):
    """An account, without its secrets."""

    id: UserId
    email: str
    email_verified: bool
    name: str
    image: str | None
    two_factor_enabled: bool
    reset_by_mail: bool
    """Whether the password was reset by email, and no factor other than the mailbox has been verified since."""
    password_changed_at: Millis
    """When the current password was set; 0 if it was set before this was recorded."""
    created_at: Millis
    updated_at: Millis
    language: str | None = None
    """The language of its owner's mails (BCP 47), if it is known."""
    recovery_case: str | None = None
    """The open recovery case, if its owner has asked to have every second factor removed."""
    recovered_at: Millis | None = None
    """When a recovery removed every second factor; None once one is enrolled again."""
    second_factor_due_at: Millis | None = None
    """By when it needs a second factor, while the enforcement policy is on; `EnforcementPolicy.due_at` decides."""
    preferred_method: str | None = None
    """The second factor that its owner wants to be offered first; it may not be available any more."""
    password_is_breached: bool = False
    """Whether the current password was found in a breach, and its owner was notified."""
    has_password: bool = True
    """Whether its owner signs in with a password; if not, only with passkeys."""

    @property
    def greeting_name(self) -> str:
        """The name for emails; empty while the address is not verified.

        Otherwise spammers could sign up with other people's addresses and an advertisement as the name.
        """
        return self.name if self.email_verified else ""


class ProfileChanges(msgspec.Struct, frozen=True):
    """What an owner changes of their account; what is UNSET stays."""

    name: str | UnsetType = UNSET
    image: str | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET


class SignedIn(SessionOwner, frozen=True):
    """The owner of a live session: the principal of requests that require a session."""

    session: Session
    account: Account
    token: str
    """The session token that the caller sent."""
    client: ClientInfo
    """Where this request comes from."""
    by_cookie: bool = False
    """Whether the token came as a cookie; then it is rotated when the session gains assurance."""
    was_extended: bool = False
    """Whether this request extended the session, so that its cookie must be sent again."""

    def __repr__(self) -> str:
        return f"SignedIn({self.account.id})"

    def next_token(self, *, rotates: bool) -> tuple[str, bytes]:
        """Return the session's token and its digest: a new token if it rotates, otherwise the same (ASVS 7.2.4).

        A copy of the old token, from a log or a stolen browser profile, must not benefit from the factor that the owner has
        just verified.
        """
        token = new_token(TokenKind.SESSION) if rotates else self.token
        return token, digest(TokenKind.SESSION, token)


class CredentialVersion(msgspec.Struct, frozen=True):
    """The version of an account's credentials against which a password was verified.

    Verification takes tens of milliseconds, outside any transaction. The transaction that acts on the result must call
    `lock_if_current` with this version, because the password may have been changed in between.
    """

    user_id: UserId
    number: int


def audit_event(
    signed_in: SignedIn,
    event: EventName,
    *,
    reason: ErrorCode | None = None,
    device_id: str | None = None,
    authenticator_id: str | None = None,
) -> AuditEvent:
    """Return the event, with the account, the client and the session of the signed-in user."""
    return AuditEvent(
        name=event,
        user_id=signed_in.account.id,
        client=signed_in.client,
        reason=reason,
        session_id=signed_in.session.id,
        device_id=device_id,
        authenticator_id=authenticator_id,
    )
