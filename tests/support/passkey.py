"""An authenticator in software: it makes and uses passkeys as a browser and a device do together (WebAuthn level 3).

Each step can be made wrong, to see that the server refuses what an attacker or a broken device would send.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from support.world import ORIGIN

_PRESENT, _VERIFIED, _ELIGIBLE, _BACKED_UP, _ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def base64url(value: bytes) -> str:
    """Return the bytes in base64url without padding, as WebAuthn's JSON has them."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Return the bytes of a base64url text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """A device with one passkey, and the browser that talks to it.

    Attributes:
        origin: The origin of the page, as the browser reports it.
        rp_id: The domain that the authenticator hashes; by default that of the options.
        is_present: Whether the user touches it.
        verifies_user: Whether it checks a PIN or a fingerprint.
        is_synced: Whether its passkey may be synchronized between devices.
        is_backed_up: Whether that has been done, if it may.
        count: The signature count; None for an authenticator that does not count.
    """

    origin: str = ORIGIN
    rp_id: str | None = None
    is_present: bool = True
    verifies_user: bool = True
    is_synced: bool = False
    is_backed_up: bool = True
    count: int | None = None
    aaguid: bytes = bytes(16)
    in_foreign_frame: bool = False
    user_handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the response to the options of `navigator.credentials.create()`."""
        self.user_handle = from_base64url(options["user"]["id"])
        attested = self.aaguid + len(self.credential_id).to_bytes(2) + self.credential_id + self._public_key()
        data = self._data(self.rp_id or options["rp"]["id"], _ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": base64url(self._client_data("webauthn.create", options["challenge"])),
            "attestationObject": base64url(attestation),
            "transports": ["internal", "hybrid"],
        }
        return self._credential(response)

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the response to the options of `navigator.credentials.get()`."""
        if self.count is not None:
            self.count += 1
        data = self._data(self.rp_id or options["rpId"], 0)
        client_data = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": base64url(client_data),
            "authenticatorData": base64url(data),
            "signature": base64url(signature),
            "userHandle": base64url(self.user_handle),
        }
        return self._credential(response)

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        name = base64url(self.credential_id)
        extensions: dict[str, Any] = {}
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": extensions,
            "authenticatorAttachment": "platform",
        }

    def _data(self, rp_id: str, flags: int) -> bytes:
        flags |= _PRESENT * self.is_present | _VERIFIED * self.verifies_user
        flags |= (_ELIGIBLE | _BACKED_UP * self.is_backed_up) * self.is_synced
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + (self.count or 0).to_bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        data = {
            "type": kind,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": self.in_foreign_frame,
        }
        return json.dumps(data).encode()

    def _public_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        return cbor2.dumps(key)
