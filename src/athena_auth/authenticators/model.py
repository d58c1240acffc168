"""Authenticators: what an account has enrolled, or begun to enrol, for a factor."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from athena_auth.challenge.rules import enrolment_is_open
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId

NEVER = -1
"""The counter of an authenticator before its first verification."""


class AuthenticatorState(StrEnum):
    """The state of an authenticator: pending until a code confirms it."""

    PENDING = "pending"
    """Shown to the account owner but not confirmed; it cannot be used to sign in."""
    ACTIVE = "active"


class Authenticator(msgspec.Struct, frozen=True, kw_only=True):
    """One authenticator of an account.

    Attributes:
        label: The owner's name for it, if an account may have several of a factor.
        sealed_data: Its secret, encrypted for `context`; empty for a factor that stores none.
        details: Other data of its factor, as JSON. None of it is secret.
        counter: The highest value accepted so far: a time step (TOTP) or a signature counter. Nothing at or below it
            is accepted again (I3).
    """

    id: str
    user_id: UserId
    factor: str
    state: AuthenticatorState = AuthenticatorState.PENDING
    label: str | None = None
    sealed_data: bytes = b""
    details: str = "{}"
    counter: int = NEVER
    created_at: Millis

    def __repr__(self) -> str:
        return f"Authenticator({self.id}, {self.factor}, {self.state})"

    @property
    def context(self) -> str:
        """The associated data of `sealed_data`, which decrypts in this row only."""
        return seal_context(self.factor, self.user_id, self.id)

    def with_sealed(self, data: bytes) -> "Authenticator":
        """Return it with what `Keyring.seal` made of its secret for `context`."""
        return msgspec.structs.replace(self, sealed_data=data)


def seal_context(factor: str, user_id: str, authenticator_id: str) -> str:
    """Return the associated data that the secret of an authenticator is encrypted with."""
    return f"{factor}:{user_id}:{authenticator_id}"


def active(authenticators: Iterable[Authenticator], factor: str) -> Authenticator | None:
    """Return the authenticator of this factor that verifies sign-ins."""
    return next((a for a in _of(authenticators, factor) if a.state is AuthenticatorState.ACTIVE), None)


def pending(authenticators: Iterable[Authenticator], factor: str, now: Millis) -> Authenticator | None:
    """Return the authenticator of this factor that can still be confirmed (SP 800-63B-4 section 4.1)."""
    unconfirmed = (a for a in _of(authenticators, factor) if a.state is AuthenticatorState.PENDING)
    return next((a for a in unconfirmed if enrolment_is_open(a.created_at, now)), None)


def _of(authenticators: Iterable[Authenticator], factor: str) -> Iterable[Authenticator]:
    return (a for a in authenticators if a.factor == factor)
