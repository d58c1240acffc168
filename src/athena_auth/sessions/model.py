"""A session and what it was proven with."""

from enum import IntEnum, StrEnum

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.wire.caller import ClientInfo


class Level(IntEnum):
    """How many factors stand behind a session (after the assurance levels of NIST SP 800-63B-4)."""

    ONE = 1
    TWO = 2


class Amr(StrEnum):
    """How somebody authenticated, by the names of RFC 8176 where it has one."""

    PASSWORD = "pwd"
    TOTP = "otp"
    SENT_CODE = "email"
    """By mail; RFC 8176 has no name for it."""
    TEXT = "sms"
    """A code that was sent by text message."""
    BACKUP_CODE = "backup-code"
    TRUSTED_DEVICE = "device"


class Assurance(msgspec.Struct, frozen=True):
    """What a caller has shown, and the level that is worth."""

    level: Level
    amr: tuple[str, ...]
    """Values of `Amr`, and those of factors that a host adds."""

    def raised_by(self, amr: str) -> "Assurance":
        """Return this proof with a second factor added to it."""
        return Assurance(Level.TWO, tuple(dict.fromkeys((*self.amr, amr))))


class Session(msgspec.Struct, frozen=True):
    """A live session. Its token is not here: only the token's digest is kept."""

    id: SessionId
    user_id: UserId
    assurance: Assurance
    proven_at: Millis
    """When a factor was last proven in it."""
    lifetime: int
    """Milliseconds without use after which it ends."""
    persistent: bool
    """Whether its cookie outlives the browser ("remember me")."""
    client: ClientInfo
    created_at: Millis
    updated_at: Millis
    expires_at: Millis


class SessionOptions(msgspec.Struct, frozen=True):
    """How a new session is to live."""

    ttl: int
    """Seconds it lasts without use."""
    persistent: bool
    """Whether its cookie is to outlive the browser."""
    device_id: str | None = None
    """The trusted device that opened it."""
    has_room: bool = False
    """Whether the account is known to have fewer sessions than it may have, so that none must end."""
    superseded: str | None = None
    """The token of the session that this one replaces in the same browser, whoever owns it."""


class Minted(msgspec.Struct, frozen=True):
    """A new session and its token, which exists nowhere else."""

    session: Session
    token: str

    def __repr__(self) -> str:
        return f"Minted({self.session.id})"
