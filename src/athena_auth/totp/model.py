"""Authenticator apps, enrolled or pending."""

from enum import StrEnum

import msgspec

from athena_auth.crypto.totp import Parameters
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId


class State(StrEnum):
    """The state of an authenticator."""

    PENDING = "pending"
    """Shown to the owner but not confirmed yet; its codes cannot complete a sign-in."""
    ACTIVE = "active"


class Authenticator(msgspec.Struct, frozen=True):
    """The sealed secret of an authenticator app, with its parameters."""

    id: str
    user_id: UserId
    state: State
    sealed_secret: bytes
    issuer: str
    parameters: Parameters
    last_step: int
    """The last time step whose code was accepted. Codes of this and earlier steps are never accepted again (I3)."""
    created_at: Millis

    def __repr__(self) -> str:
        return f"Authenticator({self.id}, {self.state})"

    @property
    def context(self) -> str:
        """The associated data of the sealed secret."""
        return totp_context(self.user_id, self.id)


def totp_context(user_id: UserId, authenticator_id: str) -> str:
    """Return the associated data with which an authenticator's secret is sealed."""
    return f"totp:{user_id}:{authenticator_id}"
