"""The hidden field of passkey forms, which has the response, and the data of the Signal API."""

from typing import Any

import msgspec

from athena_auth.factors.passkeys.overview import PasskeyOverviewAnswer
from athena_auth.pages.visit import Visit

_FIELD = "credential"
_MOST_ID = 1400
"""Characters of a credential id: 1023 bytes in base64url (WebAuthn level 3 section 4)."""


class _Credential(msgspec.Struct, frozen=True):
    id: str


def response_of(visit: Visit) -> dict[str, Any]:
    """Return the response of the authenticator; empty, which every handler refuses, if the field has none."""
    try:
        return msgspec.json.decode(visit.field(_FIELD), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return {}


def unknown_credential(visit: Visit, rp_id: str) -> str:
    """Return the JSON for `signalUnknownCredential`, so that the browser stops offering this passkey."""
    try:
        found = msgspec.json.decode(visit.field(_FIELD), type=_Credential)
    except (msgspec.DecodeError, RecursionError):
        return ""
    signal = {"rpId": rp_id, "credentialId": found.id}
    return msgspec.json.encode(signal).decode() if len(found.id) <= _MOST_ID else ""


def signals_json(found: PasskeyOverviewAnswer | None) -> str:
    """Return the JSON of what the browser receives about the account's passkeys; empty on a server that has none."""
    return "" if found is None else msgspec.json.encode(found.signals).decode()
