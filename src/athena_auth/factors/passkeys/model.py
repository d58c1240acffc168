"""Passkeys as they are stored, and the responses of authenticators."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.authenticators import Authenticator
from athena_auth.sessions.model import Amr

_TRANSPORT = r"^[a-z-]{1,20}$(?!\n)"
Transports = Annotated[tuple[Annotated[str, Meta(pattern=_TRANSPORT)], ...], Meta(max_length=10)]


UserVerification = Literal["required", "preferred", "discouraged"]
"""Whether an authenticator is to check that it is its owner, by a PIN or a fingerprint (WebAuthn section 5.8.6)."""


class PasskeyDetails(msgspec.Struct, frozen=True, rename="camel"):
    """What is stored of a passkey besides its id and its signature count; none of it is secret."""

    public_key: bytes
    """A COSE_Key (RFC 9052 section 7)."""
    transports: Transports
    """How browsers reach the authenticator, as they said."""
    aaguid: str
    """The kind of authenticator, as it says itself."""
    backup_eligible: bool
    """Whether it may be synchronized between devices. This never changes."""
    backed_up: bool
    user_verified: bool
    """Whether the authenticator verified the user when the passkey was made."""


class PendingDetails(msgspec.Struct, frozen=True):
    """What is stored of an enrolment until the authenticator responds."""

    nonce: bytes
    """The nonce that was shown with it: the response to another prompt must not confirm it."""


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey of an account."""

    id: str
    user_id: UserId
    name: str
    credential_id: bytes
    details: PasskeyDetails
    sign_count: int
    """Zero for most synchronized passkeys, which do not count."""
    created_at: Millis
    last_used_at: Millis | None

    @property
    def amr(self) -> Amr:
        """The authentication method that its use is reported as (RFC 8176)."""
        return Amr.SOFTWARE_KEY if self.details.backup_eligible else Amr.HARDWARE_KEY


def passkey_of(authenticator: Authenticator) -> Passkey:
    """Return the passkey that an active authenticator of this factor is."""
    return Passkey(
        id=authenticator.id,
        user_id=authenticator.user_id,
        name=authenticator.label or "",
        credential_id=authenticator.credential_id or b"",
        details=msgspec.json.decode(authenticator.details, type=PasskeyDetails),
        sign_count=authenticator.counter,
        created_at=authenticator.created_at,
        last_used_at=authenticator.last_used_at,
    )


class RegistrationResponse(msgspec.Struct, frozen=True):
    """The response of an authenticator that made a passkey."""

    credential_id: bytes
    client_data: bytes
    attestation_object: bytes
    transports: Transports

    def __repr__(self) -> str:
        return "RegistrationResponse(…)"


class AssertionResponse(msgspec.Struct, frozen=True):
    """The response of an authenticator that used a passkey."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    user_handle: bytes | None

    def __repr__(self) -> str:
        return "AssertionResponse(…)"


class Registered(msgspec.Struct, frozen=True):
    """A passkey whose registration was verified."""

    credential_id: bytes
    details: PasskeyDetails
    sign_count: int


class Asserted(msgspec.Struct, frozen=True):
    """A verified use of a passkey."""

    sign_count: int
    backed_up: bool
    user_verified: bool
    """Whether the authenticator verified the user, by a PIN or a fingerprint for instance. Otherwise it is one factor."""
    count_decreased: bool
    """Whether the signature count did not increase, so that there may be a copy of the passkey."""
