"""Values of challenges and second factors."""

from enum import StrEnum

import msgspec

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.sessions.model import Session
from athena_auth.wire.route import ChallengeBearer, EndedSession, EnrolmentBearer

SecondStepCaller = SignedIn | ChallengeBearer | EnrolmentBearer | EndedSession
"""Who may use a second factor."""

MAX_ATTEMPTS = 5
"""Attempts on one challenge; after that the password is required again."""

ENDS_THE_CHALLENGE = frozenset(
    {ErrorCode.INVALID_TWO_FACTOR_COOKIE, ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE}
)
"""The refusals after which a challenge or an enrolment token accepts no response."""

ENROLMENT = 1_200_000
"""Milliseconds: after 20 minutes the password is required again (NIST SP 800-63B-4 section 4.1)."""


def enrolment_is_open(begun_at: Millis, now: Millis) -> bool:
    """Tell whether an enrolment that was begun at `begun_at` may still be confirmed."""
    return now - begun_at <= ENROLMENT


class FactorName(StrEnum):
    """The second factors, by their names on the wire."""

    # Those that come with the server. A host may add others, so a factor's name is a `str` everywhere else.

    TOTP = "totp"
    OTP = "otp"
    BACKUP_CODE = "backup-code"
    PASSKEY = "passkey"


def preferred_method(methods: tuple[str, ...], account: Account) -> str | None:
    """Return which of these methods to offer first: the owner's choice if it is among them, otherwise the first.

    Backup codes run out, so they are offered first only by name.
    """
    if account.preferred_method in methods:
        return account.preferred_method
    return next((name for name in methods if name != FactorName.BACKUP_CODE), None)


class Challenge(msgspec.Struct, frozen=True):
    """A sign-in whose second factor has not been verified yet."""

    token_digest: bytes
    user_id: UserId
    attempts: int
    persistent: bool
    """Whether the session's cookie will outlive the browser ("remember me")."""
    recognized: bool
    """Whether it was issued to a recognized browser of this account."""
    callback_url: str | None
    """The page to open after the sign-in."""
    created_at: Millis
    expires_at: Millis


class PendingSignIn(msgspec.Struct, frozen=True):
    """The account of a challenge, and the state of the challenge."""

    account: Account
    attempts: int
    """Attempts on the challenge so far."""
    recognized: bool
    """As in `Challenge`."""


class ChallengeIssued(msgspec.Struct, frozen=True):
    """A second factor is required: the challenge's token and the available factors."""

    token: str
    methods: tuple[str, ...]
    expires_in: int
    """Seconds."""
    preferred: str | None
    """The factor to offer first."""
    device_is_invalid: bool = False
    """Whether the browser presented a trust token that is valid for no account."""

    def __repr__(self) -> str:
        return f"ChallengeIssued({', '.join(self.methods)})"


class EnrolmentIssued(msgspec.Struct, frozen=True):
    """A second factor must be enrolled first: the enrolment token and the factors to choose from."""

    token: str
    methods: tuple[str, ...]
    account: Account

    def __repr__(self) -> str:
        return f"EnrolmentIssued({self.account.id})"


class Change(StrEnum):
    """A change of an account's credentials (I5)."""

    PASSWORD_CHANGED = "password-changed"
    """By the owner, with the old password."""
    PASSWORD_REMOVED = "password-removed"
    """By the owner, who signs in with passkeys from then on."""
    PASSWORD_SET = "password-set"
    """By the owner, for an account that had none."""
    PASSWORD_RESET = "password-reset"
    """With a link from an email to the account's address."""
    ACCOUNT_RECLAIMED = "account-reclaimed"
    """The same, where the address had not been verified: factors that were set up before may be an attacker's."""
    EMAIL_CHANGED = "email-changed"
    """By the owner, with a link to the new address. Codes and links to the old one end."""
    EMAIL_RESTORED = "email-restored"
    """With a link to the old address. The password no longer works either: an attacker may have changed the address."""
    FACTOR_ADDED = "factor-added"
    FACTOR_REPLACED = "factor-replaced"
    PASSKEY_ADDED = "passkey-added"
    """It signs in by itself, and is a second factor while two-factor authentication is on; that stays as it is."""
    PASSKEY_REMOVED = "passkey-removed"
    ENROLMENT_CANCELLED = "enrolment-cancelled"
    """Of an account that has two-factor authentication off: nothing depends on it yet."""
    AUTHENTICATOR_REMOVED = "authenticator-removed"
    """One of several, by the owner."""
    AUTHENTICATOR_REVOKED = "authenticator-revoked"
    """One of several, by an operator."""
    AUTHENTICATOR_SUSPENDED = "authenticator-suspended"
    """By the owner, for a while; another one stays active."""
    AUTHENTICATOR_RESUMED = "authenticator-resumed"
    FACTORS_REMOVED = "factors-removed"
    """By the owner."""
    FACTORS_RESET = "factors-reset"
    """By an operator, for an owner who has lost their factors."""
    FACTORS_RECOVERED = "factors-recovered"
    """By a recovery case, for an owner who has lost their factors."""

    @property
    def confirms_enrolment(self) -> bool:
        """Whether what was pending becomes active. Any other change ends a pending enrolment and its backup codes."""
        return self in {Change.FACTOR_ADDED, Change.FACTOR_REPLACED}

    @property
    def only_adds(self) -> bool:
        """Whether nothing that was verified before has lost its worth, so that sessions of level two stay."""
        return self in {Change.FACTOR_ADDED, Change.AUTHENTICATOR_RESUMED}

    @property
    def removes_factors(self) -> bool:
        """Whether no second factor is left."""
        return self in {
            Change.FACTORS_REMOVED,
            Change.FACTORS_RESET,
            Change.FACTORS_RECOVERED,
            Change.ACCOUNT_RECLAIMED,
        }


class SecondFactorResult(msgspec.Struct, frozen=True):
    """A second factor was verified: the session that was created or raised."""

    session: Session
    token: str
    """The session's token. It is new if the session was created, or was raised in a browser by cookie."""
    account: Account
    trust_token: str | None
    """The trust token, if the device became trusted."""
    codes_left: int | None = None
    """The number of backup codes left, if one was used."""
    callback_url: str | None = None
    """The page to open next, if the sign-in had a `callbackURL`."""

    def __repr__(self) -> str:
        return f"SecondFactorResult({self.account.id})"


class Binding(msgspec.Struct, frozen=True):
    """The challenge, enrolment token or session of an attempt. A sent code is valid only where it was requested."""

    key: bytes
    signed_in: bool
    """Whether this is a live session or an enrolment token, with which a code may also confirm an enrolment."""
    recognized: bool = False
    """Whether this is a challenge that was issued to a recognized browser."""


def challenge_binding(token_digest: bytes, *, recognized: bool) -> Binding:
    """Return the binding to the challenge with this token digest."""
    return Binding(token_digest, signed_in=False, recognized=recognized)


def enrolment_binding(token: str) -> Binding:
    """Return the binding to an enrolment token."""
    return Binding(digest(TokenKind.ENROLMENT, token), signed_in=True)


def session_binding(session_id: SessionId) -> Binding:
    """Return the binding to a live session."""
    return Binding(b"session:" + session_id.encode(), signed_in=True)
