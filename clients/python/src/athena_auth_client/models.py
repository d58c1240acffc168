"""The results of the server's endpoints: immutable, with times as aware datetimes.

Fields unknown to this version are ignored, so that it can talk to a newer server. Secrets are plain `str` attributes and are
left out of every repr, so that a result can be logged.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

_SECRETS = frozenset({"backup_codes", "enrolment_token", "qr_code", "token", "totp_uri"})
_HIDDEN = "<hidden>"


class Method(StrEnum):
    """The second factors by name. A newer server may have others, so results hold names as plain `str`."""

    TOTP = "totp"
    OTP = "otp"
    BACKUP_CODE = "backup-code"
    PASSKEY = "passkey"


class Model(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The base of all results: its repr shows no secret."""

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({fields})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the fields with secrets hidden. The library rich calls this instead of `__repr__`."""
        return [
            (name, _HIDDEN if name in _SECRETS else getattr(self, name)) for name in self.__struct_fields__
        ]


class User(Model, frozen=True, kw_only=True):
    """A user's account."""

    id: str
    email: str
    email_verified: bool
    name: str
    image: str | None
    two_factor_enabled: bool
    created_at: datetime
    updated_at: datetime
    language: str | None = None
    """The language of the user's mails (BCP 47), if the server knows it."""


class Session(Model, frozen=True, kw_only=True):
    """A session, and how its user authenticated."""

    id: str
    user_id: str
    ip_address: str
    user_agent: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    level: int
    """How many factors the user authenticated with."""
    amr: tuple[str, ...]
    """The authentication methods used, by their names in RFC 8176 where there is one."""
    proven_at: datetime
    """When a factor was last verified in this session."""
    second_factor_verified_at: datetime | None = None
    """When a second factor was last verified in this session; None if none was, as after a sign-in on a trusted device."""


class RecoveryOpened(Model, frozen=True, kw_only=True):
    """A recovery that has begun to wait."""

    due_at: datetime
    """From when on it can be completed."""


class RecoveryCompleted(Model, frozen=True, kw_only=True):
    """The response to a completed recovery: a second factor must be enrolled next."""

    enrolment_token: str
    methods: tuple[str, ...]


class CurrentSession(Model, frozen=True, kw_only=True):
    """The client's own session, and its user."""

    session: Session
    user: User


class SignedToken(Model, frozen=True, kw_only=True):
    """A JSON Web Token about the session, for other services."""

    token: str


class SignedIn(Model, frozen=True, kw_only=True):
    """The user is signed in. The client stores the token itself; it is here for programs that pass it on."""

    token: str
    user: User


class SignedInByPassword(SignedIn, frozen=True, kw_only=True):
    """The user is signed in with the password alone."""

    second_factor_due_at: datetime | None = None
    """By when the account must have a second factor, if the server requires one of it."""


class SignedUp(Model, frozen=True, kw_only=True):
    """The response to a sign-up. The client stores the token itself."""

    token: str | None
    """None if the address must be verified or a second factor enrolled first; then nobody is signed in."""
    user: User
    second_factor_due_at: datetime | None = None
    """As in `SignedInByPassword`."""
    enrolment_token: str | None = None
    """Set if a second factor must be enrolled first; pass it to `sign_in.resume_enrolment`."""
    methods: tuple[str, ...] = ()
    """The methods that can then be enrolled."""


class NewSession(Model, frozen=True, kw_only=True):
    """The session in which a backup code was verified."""

    user_id: str
    created_at: datetime
    expires_at: datetime


class SignedInByBackupCode(SignedIn, frozen=True, kw_only=True):
    """The user is signed in, and one backup code is used up."""

    session: NewSession
    backup_codes_left: int
    message: str | None = None
    """What to tell the user after the last backup code; None while some are left."""


class Enrolment(Model, frozen=True, kw_only=True):
    """An enrolment, begun or completed."""

    backup_codes: tuple[str, ...]
    """Returned only here: show them to the user now."""
    method: str
    confirmation_pending: bool
    """Whether a code must confirm the enrolment. Until then two-factor authentication is as it was before."""


class TotpEnrolment(Enrolment, frozen=True, kw_only=True):
    """An enrolment of an authenticator app."""

    totp_uri: str = msgspec.field(name="totpURI")
    """The `otpauth://` URI that the app reads from a QR code. It contains the secret."""
    qr_code: str | None = None
    """The QR code, if it was asked for: a `data:` URI, for the `src` of an `<img>`. It contains the secret."""


class OtpEnrolment(Enrolment, frozen=True, kw_only=True):
    """An enrolment for codes by mail or text message."""


class PasskeyEnrolment(Enrolment, frozen=True, kw_only=True):
    """An enrolment of a passkey."""

    options: dict[str, Any] | None = None
    """For `navigator.credentials.create()`, as JSON (WebAuthn level 3). None if the account had passkeys that became its
    second factor at once."""


class TotpUri(Model, frozen=True, kw_only=True):
    """The `otpauth://` URI that the app reads from a QR code. It contains the secret."""

    totp_uri: str = msgspec.field(name="totpURI")
    qr_code: str | None = None
    """The QR code, if it was asked for: a `data:` URI, for the `src` of an `<img>`. It contains the secret."""


class BackupCodes(Model, frozen=True, kw_only=True):
    """New backup codes, returned only here: show them to the user now. Earlier ones are revoked."""

    backup_codes: tuple[str, ...]


class TwoFactorStatus(Model, frozen=True, kw_only=True):
    """The state of two-factor authentication for an account."""

    enabled: bool
    methods: tuple[str, ...]
    """The methods that a sign-in would offer now."""
    preferred_method: str | None
    """The method to offer first: the user's choice while it is available, otherwise the first. None while it is all off."""
    backup_codes_left: int
    trusted_devices: int
    """The number of trusted devices."""
    pending_enrolment: str | None
    """The method of an enrolment that awaits its code, or None."""
    phone_number: str | None = None
    """The number that codes are sent to, masked; None if they are sent by mail."""
    second_factor_due_at: datetime | None = None
    """By when the account must have a second factor, if the server requires one of it and it has none."""
    authenticator_apps: int = 0
    """The number of authenticator apps that are not suspended."""
    has_password: bool = True
    """Whether the account has a password. If not, its owner signs in with passkeys."""


class Authenticator(Model, frozen=True, kw_only=True):
    """What an account has enrolled for a factor, such as an authenticator app."""

    id: str
    factor: str
    """The factor by name; apps have the name in `Method.TOTP`."""
    label: str | None
    """The user's name for it."""
    created_at: datetime
    last_used_at: datetime | None
    suspended: bool
    """Whether its user has suspended it: it verifies nothing until it is resumed."""


class AddedAuthenticator(TotpUri, frozen=True, kw_only=True):
    """An authenticator app that a first code has yet to confirm."""

    id: str


class TrustedDevice(Model, frozen=True, kw_only=True):
    """A device that signs in without the second factor."""

    id: str
    name: str
    """The name the device gave itself; not verified."""
    ip_address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool
    """Whether it is this client."""


class VerifiedAddress(Model, frozen=True, kw_only=True):
    """The response to the link of a verification or of a new address."""

    user: User


class PasswordResetResult(Model, frozen=True, kw_only=True):
    """The response to a password reset: a challenge where a second factor is required."""

    token: str | None = None
    two_factor_redirect: bool = False
    two_factor_methods: tuple[str, ...] = ()
    preferred_method: str | None = None


class PasswordSignInResult(PasswordResetResult, frozen=True, kw_only=True):
    """The response to a password: a session, a challenge, or an enrolment token where a second factor must be enrolled."""

    user: User | None = None
    second_factor_due_at: datetime | None = None
    enrolment_token: str | None = None
    methods: tuple[str, ...] = ()


class Success(Model, frozen=True, kw_only=True):
    """A success without data."""
