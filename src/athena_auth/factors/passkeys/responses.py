"""Reads the JSON of a `PublicKeyCredential` (WebAuthn level 3 section 5.1.8), before anything is verified. Pure."""

import base64
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from athena_auth.factors.passkeys.model import AssertionResponse, RegistrationResponse, Transports

# In base64url. An id has at most 1023 bytes, a user handle 64; the request as a whole has a limit of its own.
_Text = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]*={0,2}$(?!\n)")]
_CredentialId = Annotated[str, Meta(min_length=1, max_length=1364, pattern=r"^[A-Za-z0-9_-]*$(?!\n)")]


class _Response(msgspec.Struct, frozen=True, rename="camel"):
    client_data_json: _Text = msgspec.field(name="clientDataJSON")
    attestation_object: _Text | None = None
    transports: list[str] | None = None
    authenticator_data: _Text | None = None
    signature: _Text | None = None
    user_handle: _Text | None = None


class _Credential(msgspec.Struct, frozen=True, rename="camel"):
    id: _CredentialId
    raw_id: _CredentialId
    type: Literal["public-key"]
    response: _Response


def read_credential(sent: dict[str, Any]) -> RegistrationResponse | AssertionResponse | None:
    """Return the response of an authenticator; None if it cannot be one."""
    try:
        return _read(msgspec.convert(sent, _Credential))
    except (msgspec.ValidationError, ValueError, RecursionError):
        return None


def _read(credential: _Credential) -> RegistrationResponse | AssertionResponse | None:
    response = credential.response
    credential_id, client_data = _bytes(credential.id), _bytes(response.client_data_json)
    if credential_id != _bytes(credential.raw_id):
        return None
    if response.attestation_object is not None:
        return RegistrationResponse(
            credential_id, client_data, _bytes(response.attestation_object), _known(response.transports)
        )
    if response.authenticator_data is None or response.signature is None:
        return None
    return AssertionResponse(
        credential_id,
        client_data,
        _bytes(response.authenticator_data),
        _bytes(response.signature),
        None if response.user_handle is None else _bytes(response.user_handle),
    )


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _known(transports: list[str] | None) -> Transports:
    """Return the transports, which are hints for browsers. Those that cannot be one are left out."""
    try:
        return msgspec.convert(tuple(dict.fromkeys(transports or ())), Transports)
    except msgspec.ValidationError:
        return ()
