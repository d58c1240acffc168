"""The results of the endpoints of passkeys."""

from datetime import datetime
from typing import Any

import msgspec

from athena_auth_client.models import Model


class Passkey(Model, frozen=True, kw_only=True):
    """A passkey of the account."""

    id: str
    name: str
    user_id: str
    credential_id: str = msgspec.field(name="credentialID")
    """What browsers know it by, in base64url."""
    public_key: str
    """A COSE_Key (RFC 9052), in base64."""
    counter: int
    """Its last signature count; 0 if it does not count."""
    device_type: str
    """`multiDevice` if it may be synchronized between devices, else `singleDevice`."""
    backed_up: bool
    """Whether it is stored on more than one device."""
    transports: str
    aaguid: str
    """The kind of authenticator, as it says itself; not verified."""
    created_at: datetime
    last_used_at: datetime | None


class RenamedPasskey(Model, frozen=True, kw_only=True):
    """The response to a new name."""

    passkey: Passkey


class PasskeyPrompt(Model, frozen=True, kw_only=True):
    """The options for using a passkey as the second factor."""

    options: dict[str, Any]
    """For `navigator.credentials.get()`, as JSON (WebAuthn level 3)."""
