"""Sessions and their assurance."""

from enum import IntEnum, StrEnum

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.wire.caller import ClientInfo


class Level(IntEnum):
    """The number of factors behind a session, modelled on the assurance levels of NIST SP 800-63B-4."""

    ONE = 1
    TWO = 2


class Amr(StrEnum):
    """Authentication methods, with the names of RFC 8176 where it defines one."""

    PASSWORD = "pwd"
    TOTP = "otp"
    SENT_CODE = "email"
    """A code sent by email; RFC 8176 has no name for it."""
    TEXT = "sms"
    """A code sent by text message."""
    BACKUP_CODE = "backup-code"
    TRUSTED_DEVICE = "device"
    HARDWARE_KEY = "hwk"
    """A passkey that cannot leave its device."""
    SOFTWARE_KEY = "swk"
    """A passkey that may be synchronized between devices."""


class AmrClass(StrEnum):
    """Kinds of second factors that a guard can require."""

    PHISHING_RESISTANT = "phishing_resistant"
    """A key that signs for this site only (`hwk` or `swk`): a forged page gets nothing that it can use."""
    WITHOUT_SENT_CODES = "without_sent_codes"
    """Any second factor but codes by email or text message."""

    def includes(self, amr: str) -> bool:
        """Tell whether a method is a second factor of this kind."""
        if self is AmrClass.PHISHING_RESISTANT:
            return amr in _PHISHING_RESISTANT
        return amr not in _NOT_COUNTED


_PHISHING_RESISTANT = frozenset({"hwk", "swk"})
"""RFC 8176: proof of possession of a key that hardware or software keeps."""
_NOT_COUNTED = frozenset({Amr.PASSWORD, Amr.TRUSTED_DEVICE, Amr.SENT_CODE, Amr.TEXT})


class Assurance(msgspec.Struct, frozen=True):
    """The methods that were used in a session, and the level they amount to."""

    level: Level
    amr: tuple[str, ...]
    """Values of `Amr`, and those of factors that a host adds; the one that was verified last is the last."""

    def raised_by(self, amr: str) -> "Assurance":
        """Return this assurance with a second factor added."""
        return Assurance(Level.TWO, (*(each for each in self.amr if each != amr), amr))


class Session(msgspec.Struct, frozen=True):
    """A live session, without its token: the database has only the token's digest."""

    id: SessionId
    user_id: UserId
    assurance: Assurance
    proven_at: Millis
    """When a factor was last verified in this session."""
    lifetime: int
    """Milliseconds without use after which the session ends."""
    persistent: bool
    """Whether its cookie outlives the browser ("remember me")."""
    client: ClientInfo
    created_at: Millis
    updated_at: Millis
    expires_at: Millis
    passkey_verified_at: Millis | None = None
    """When a passkey last verified its user in this session, by a PIN or a fingerprint for instance."""


class SessionOptions(msgspec.Struct, frozen=True):
    """The lifetime and origin of a new session."""

    ttl: int
    """Seconds without use after which the session ends."""
    persistent: bool
    """Whether its cookie outlives the browser."""
    max_age: int | None = None
    """Seconds after which it ends even in use; None for no limit."""
    device_id: str | None = None
    """The trusted device that replaced the second factor."""
    has_room: bool = False
    """Whether the account is known to be below its maximum number of sessions, so that none must end."""
    by_passkey: bool = False
    """Whether a passkey that verified its user has signed in."""
    superseded: str | None = None
    """The token of the previous session of the same browser, which may belong to another account."""


class Minted(msgspec.Struct, frozen=True):
    """A new session and its token, which is stored nowhere."""

    session: Session
    token: str

    def __repr__(self) -> str:
        return f"Minted({self.session.id})"
