"""An authenticator app, enrolled or about to be."""

from enum import StrEnum

import msgspec

from athena_auth.crypto.totp import Parameters
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId


class State(StrEnum):
    """Where an authenticator is in its life."""

    PENDING = "pending"
    """Shown to the owner, not yet proven; it signs nobody in."""
    ACTIVE = "active"


class Authenticator(msgspec.Struct, frozen=True):
    """A secret that an authenticator app holds, sealed, with what the app was told about it."""

    id: str
    user_id: UserId
    state: State
    sealed_secret: bytes
    issuer: str
    parameters: Parameters
    last_step: int
    """The last time step a code of which was accepted; nothing at or below it ever is again (I3)."""
    created_at: Millis

    def __repr__(self) -> str:
        return f"Authenticator({self.id}, {self.state})"

    @property
    def context(self) -> str:
        """Where the secret is sealed to."""
        return totp_context(self.user_id, self.id)


def totp_context(user_id: UserId, authenticator_id: str) -> str:
    """Return where the secret of an authenticator is sealed to."""
    return f"totp:{user_id}:{authenticator_id}"
