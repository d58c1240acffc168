"""What the server answers: frozen values, times as aware datetimes.

Fields this version does not know are ignored, so that a newer server stays readable. What is secret is an ordinary
`str` to whoever asks for it by name, and is left out of every repr: a result may be logged.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

_SECRETS = frozenset({"backup_codes", "token", "totp_uri"})
_HIDDEN = "<hidden>"


class Method(StrEnum):
    """The second factors by name. A newer server may know more, so answers hold names as plain `str`."""

    TOTP = "totp"
    OTP = "otp"
    BACKUP_CODE = "backup-code"


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What all answers have in common: a repr that shows no secret."""

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({fields})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return what may be shown; rich and its kin ask this instead of the repr."""
        return [
            (name, _HIDDEN if name in _SECRETS else getattr(self, name)) for name in self.__struct_fields__
        ]


class User(Answer, frozen=True, kw_only=True):
    """A person's account."""

    id: str
    email: str
    email_verified: bool
    name: str
    image: str | None
    two_factor_enabled: bool
    created_at: datetime
    updated_at: datetime


class Session(Answer, frozen=True, kw_only=True):
    """A live session, and what it was proven with."""

    id: str
    user_id: str
    ip_address: str
    user_agent: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    level: int
    """How many factors stand behind it."""
    amr: tuple[str, ...]
    """How its owner authenticated, by the names of RFC 8176 where it has one."""
    proven_at: datetime
    """When a factor was last proven in it."""
    second_factor_verified_at: datetime | None = None
    """When a second factor was last verified in it; None where none was, as after a sign-in from a trusted device."""


class CurrentSession(Answer, frozen=True, kw_only=True):
    """The session the client acts in, and its owner."""

    session: Session
    user: User


class SignedIn(Answer, frozen=True, kw_only=True):
    """Somebody is signed in. The client has kept the token; it is here for those who pass it on."""

    token: str
    user: User


class NewSession(Answer, frozen=True, kw_only=True):
    """The session that a backup code opened or raised."""

    user_id: str
    created_at: datetime
    expires_at: datetime


class SignedInByBackupCode(SignedIn, frozen=True, kw_only=True):
    """Somebody is signed in, and one backup code is used up."""

    session: NewSession
    backup_codes_left: int
    message: str | None = None
    """What to tell the owner, when it was the last one."""


class Enrolment(Answer, frozen=True, kw_only=True):
    """What to show the owner, this once."""

    backup_codes: tuple[str, ...]
    totp_uri: str | None = msgspec.field(name="totpURI", default=None)
    """The address an authenticator app reads from a QR code; None for the method `otp`."""
    method: str = Method.TOTP
    confirmation_pending: bool = True
    """Whether a code must confirm it: until then two-factor authentication is as it was."""


class TotpUri(Answer, frozen=True, kw_only=True):
    """The address an authenticator app reads from a QR code. It holds the secret."""

    totp_uri: str = msgspec.field(name="totpURI")


class BackupCodes(Answer, frozen=True, kw_only=True):
    """The new backup codes, to show this once. Those made before have ended."""

    backup_codes: tuple[str, ...]


class TwoFactorStatus(Answer, frozen=True, kw_only=True):
    """What an account has for a second factor."""

    enabled: bool
    methods: tuple[str, ...]
    """What a sign-in would offer now."""
    preferred_method: str | None
    backup_codes_left: int
    trusted_devices: int
    """How many there are."""
    pending_enrolment: str | None
    """The method that was begun by `enable` and waits for its code."""
    phone_number: str | None = None
    """Where sent codes go by text message, masked; None when they go by mail."""


class TrustedDevice(Answer, frozen=True, kw_only=True):
    """A device whose next sign-in skips the second step."""

    id: str
    name: str
    """What it called itself; for the eye only."""
    ip_address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool
    """Whether it is this client."""


class FirstStep(Answer, frozen=True, kw_only=True):
    """The wire's answer to a first factor, before it is sorted into a session, a challenge or neither."""

    token: str | None = None
    user: User | None = None
    two_factor_redirect: bool = False
    two_factor_methods: tuple[str, ...] = ()


class Done(Answer, frozen=True, kw_only=True):
    """It is done; whatever the answer says beyond that is of no use to a program."""
