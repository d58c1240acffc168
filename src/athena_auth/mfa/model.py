"""Values of challenges and second factors."""

from enum import StrEnum

import msgspec

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.sessions.model import Session
from athena_auth.wire.route import ChallengeBearer, EndedSession

SecondStepCaller = SignedIn | ChallengeBearer | EndedSession
"""Who may use a second factor."""

MAX_ATTEMPTS = 5
"""Attempts on one challenge; after that the password is required again."""

ENDS_THE_CHALLENGE = frozenset(
    {ErrorCode.INVALID_TWO_FACTOR_COOKIE, ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE}
)
"""The refusals after which a challenge accepts no response."""

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
    device_is_invalid: bool = False
    """Whether the browser presented a trust token that is valid for no account."""

    def __repr__(self) -> str:
        return f"ChallengeIssued({', '.join(self.methods)})"


class Change(StrEnum):
    """A change of an account's credentials (I5)."""

    PASSWORD_CHANGED = "password-changed"
    """By the owner, with the old password."""
    PASSWORD_RESET = "password-reset"
    """With a link from an email to the account's address."""
    ACCOUNT_RECLAIMED = "account-reclaimed"
    """The same, where the address had not been verified: factors that were set up before may be an attacker's."""
    FACTOR_ADDED = "factor-added"
    FACTOR_REPLACED = "factor-replaced"
    PASSKEY_ADDED = "passkey-added"
    """It signs in by itself, and is a second factor while two-factor authentication is on; that stays as it is."""
    PASSKEY_REMOVED = "passkey-removed"
    ENROLMENT_CANCELLED = "enrolment-cancelled"
    """Of an account that has two-factor authentication off: nothing depends on it yet."""
    FACTORS_REMOVED = "factors-removed"
    """By the owner."""
    FACTORS_RESET = "factors-reset"
    """By an operator, for an owner who has lost their factors."""

    @property
    def replaces_password(self) -> bool:
        """Whether the password is replaced, which invalidates everything that was begun with the old one."""
        return self in {Change.PASSWORD_CHANGED, Change.PASSWORD_RESET, Change.ACCOUNT_RECLAIMED}

    @property
    def removes_factors(self) -> bool:
        """Whether no second factor is left."""
        return self in {Change.FACTORS_REMOVED, Change.FACTORS_RESET, Change.ACCOUNT_RECLAIMED}


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
    """The challenge or session of an attempt. A sent code is valid only where it was requested."""

    key: bytes
    signed_in: bool
    """Whether this is a live session, in which a code may also confirm an enrolment."""
    recognized: bool = False
    """Whether this is a challenge that was issued to a recognized browser."""


def challenge_binding(token_digest: bytes, *, recognized: bool) -> Binding:
    """Return the binding to the challenge with this token digest."""
    return Binding(token_digest, signed_in=False, recognized=recognized)


def session_binding(session_id: SessionId) -> Binding:
    """Return the binding to a live session."""
    return Binding(b"session:" + session_id.encode(), signed_in=True)
