"""The ceremonies of WebAuthn: the options that browsers get, and the verification of what they return. Pure.

Only this module uses the library `webauthn`. The signature count is compared here and not by the library, which refuses a
response whose count did not increase: a copy is reported to the owner, and the nonce already keeps a response from being used
twice.
"""

import hashlib
from typing import Any

import msgspec
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttachment,
    AuthenticatorAttestationResponse,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from athena_auth.accounts.model import Account
from athena_auth.factors.passkeys.model import (
    Asserted,
    AssertionResponse,
    Passkey,
    PasskeyDetails,
    Registered,
    RegistrationResponse,
    UserVerification,
)
from athena_auth.kernel.ids import UserId
from athena_auth.settings import Settings

_TIMEOUT = 300_000
"""Milliseconds that a browser waits for the user: as long as the nonce is kept."""
_TRANSPORTS = frozenset(each.value for each in AuthenticatorTransport)


class RelyingParty(msgspec.Struct, frozen=True):
    """The site that passkeys belong to."""

    id: str
    """A domain. An authenticator uses a passkey only for the domain that it was made for, so phishing sites get none."""
    name: str
    origins: list[str]
    """The origins on which users may add and use passkeys."""
    aaguids: frozenset[str]
    """The kinds of authenticator that may be added; empty for all."""


def relying_party_of(settings: Settings) -> RelyingParty:
    """Return the site of these settings."""
    return RelyingParty(
        settings.relying_party_id,
        settings.app_name,
        [settings.origin, *settings.trusted_origins],
        frozenset(settings.passkey_aaguids),
    )


def user_handle_of(user_id: UserId) -> bytes:
    """Return what authenticators know the account by. It reveals nothing of it, not even its id (section 14.6.1).

    It is always the same, so that a device replaces the passkey of an account instead of keeping two.
    """
    return hashlib.sha256(f"passkey user handle:{user_id}".encode()).digest()


def display_name_of(account: Account) -> str:
    """Return the name under which authenticators list the account."""
    return account.name or account.email


def registration_options(
    site: RelyingParty, account: Account, existing: list[Passkey], nonce: bytes, attachment: str | None
) -> dict[str, Any]:
    """Return the options of `navigator.credentials.create()`, as JSON values."""
    options = generate_registration_options(
        rp_id=site.id,
        rp_name=site.name,
        user_id=user_handle_of(account.id),
        user_name=account.email,
        user_display_name=display_name_of(account),
        challenge=nonce,
        timeout=_TIMEOUT,
        # Browsers hide the AAGUID of security keys from sites that do not ask for an attestation.
        attestation=AttestationConveyancePreference.DIRECT
        if site.aaguids
        else AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            authenticator_attachment=None if attachment is None else AuthenticatorAttachment(attachment),
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[_descriptor(passkey) for passkey in existing],
    )
    return _json(options)


def authentication_options(
    site: RelyingParty,
    allowed: list[Passkey],
    nonce: bytes,
    user_verification: UserVerification,
) -> dict[str, Any]:
    """Return the options of `navigator.credentials.get()`, as JSON values; without `allowed` the user chooses a passkey."""
    options = generate_authentication_options(
        rp_id=site.id,
        challenge=nonce,
        timeout=_TIMEOUT,
        allow_credentials=[_descriptor(passkey) for passkey in allowed],
        user_verification=UserVerificationRequirement(user_verification),
    )
    return _json(options)


def verify_registration(
    site: RelyingParty, response: RegistrationResponse, nonce: bytes, *, requires_presence: bool = True
) -> Registered | None:
    """Verify the response to `registration_options` (section 7.1); None if it is wrong.

    A passkey that a password manager has made by itself (conditional create) is the only one without the user's presence.
    An attestation is verified as far as it is signed by itself. Its certificates are not, so the AAGUID is what the
    authenticator says.
    """
    credential = RegistrationCredential(
        id=bytes_to_base64url(response.credential_id),
        raw_id=response.credential_id,
        response=AuthenticatorAttestationResponse(response.client_data, response.attestation_object),
    )
    if _is_framed(response.client_data):
        return None
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=nonce,
            expected_rp_id=site.id,
            expected_origin=site.origins,
            require_user_presence=requires_presence,
        )
    except Exception:  # noqa: BLE001 - the library raises whatever its parsers meet in what an attacker sent
        return None
    if verified.credential_id != response.credential_id:
        return None
    details = PasskeyDetails(
        public_key=verified.credential_public_key,
        transports=response.transports,
        aaguid=verified.aaguid,
        backup_eligible=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
        user_verified=verified.user_verified,
    )
    return Registered(verified.credential_id, details, verified.sign_count)


def verify_assertion(
    site: RelyingParty, passkey: Passkey, response: AssertionResponse, nonce: bytes
) -> Asserted | None:
    """Verify the response to `authentication_options` with the key of this passkey (section 7.2); None if it is wrong."""
    credential = AuthenticationCredential(
        id=bytes_to_base64url(response.credential_id),
        raw_id=response.credential_id,
        response=AuthenticatorAssertionResponse(
            response.client_data, response.authenticator_data, response.signature, response.user_handle
        ),
    )
    handle = response.user_handle
    if _is_framed(response.client_data) or handle not in {None, b"", user_handle_of(passkey.user_id)}:
        return None
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=nonce,
            expected_rp_id=site.id,
            expected_origin=site.origins,
            credential_public_key=passkey.details.public_key,
            credential_current_sign_count=0,
        )
    except Exception:  # noqa: BLE001 - as above
        return None
    may_be_backed_up = verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE
    if response.credential_id != passkey.credential_id or may_be_backed_up != passkey.details.backup_eligible:
        return None
    count = verified.new_sign_count
    return Asserted(
        sign_count=count,
        backed_up=verified.credential_backed_up,
        user_verified=verified.user_verified,
        count_decreased=max(count, passkey.sign_count) > 0 and count <= passkey.sign_count,
    )


def _is_framed(client_data: bytes) -> bool:
    """Tell whether the response comes from a frame in a page of another origin, which may have tricked the user to it."""
    try:
        parsed = msgspec.json.decode(client_data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    return not isinstance(parsed, dict) or parsed.get("crossOrigin", False) is not False


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    known = [each for each in passkey.details.transports if each in _TRANSPORTS]
    return PublicKeyCredentialDescriptor(
        id=passkey.credential_id, transports=[AuthenticatorTransport(each) for each in known]
    )


def _json(options: Any) -> dict[str, Any]:
    found: dict[str, Any] = options_to_json_dict(options)
    return found
