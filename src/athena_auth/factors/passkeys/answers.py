"""Passkeys and the options of their ceremonies in responses."""

import base64
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from athena_auth.factors.passkeys.model import Passkey
from athena_auth.wire.fields import Id, JsonObject, Label, Timestamp, timestamp

CreationOptions = Annotated[
    JsonObject,
    Meta(description="For `PublicKeyCredential.parseCreationOptionsFromJSON()` (WebAuthn level 3)."),
]
RequestOptions = Annotated[
    JsonObject,
    Meta(description="For `PublicKeyCredential.parseRequestOptionsFromJSON()` (WebAuthn level 3)."),
]
CredentialJson = Annotated[
    JsonObject,
    Meta(description="What `navigator.credentials` returned, from its `toJSON()` (WebAuthn level 3)."),
]
PasskeyId = Annotated[
    str,
    Meta(
        max_length=128,
        pattern=r"^[A-Za-z0-9_-]*$(?!\n)",
        description="The id of a passkey, as in the list.",
        examples=["01927f2a4d1b8c3e5f60718293a4b5c6"],
    ),
]


_Nonce = Annotated[str, Meta(description="What the authenticator signs, in base64url.")]
_Timeout = Annotated[
    int, Meta(description="Milliseconds that the browser waits for the user.", examples=[300_000])
]


class CreationOptionsAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The options of `navigator.credentials.create()`; `PublicKeyCredential.parseCreationOptionsFromJSON()` reads them."""

    rp: Annotated[JsonObject, Meta(description="The site: its domain and its name.")]
    user: Annotated[JsonObject, Meta(description="The account: an opaque id, its address and its name.")]
    challenge: _Nonce
    pub_key_cred_params: Annotated[list[JsonObject], Meta(description="The accepted algorithms.")]
    timeout: _Timeout
    exclude_credentials: Annotated[
        list[JsonObject], Meta(description="The account's passkeys; a device that has one makes no other.")
    ]
    authenticator_selection: Annotated[JsonObject, Meta(description="Which authenticators are offered.")]
    attestation: Annotated[
        str, Meta(description="`direct` if ATHENA_PASSKEY_AAGUIDS is set.", examples=["none"])
    ]


class RequestOptionsAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The options of `navigator.credentials.get()`; `PublicKeyCredential.parseRequestOptionsFromJSON()` reads them."""

    challenge: _Nonce
    timeout: _Timeout
    rp_id: Annotated[str, Meta(description="The domain of the site.", examples=["example.com"])]
    allow_credentials: Annotated[
        list[JsonObject], Meta(description="Empty: the user chooses one of their passkeys.", examples=[[]])
    ]
    user_verification: Annotated[
        str, Meta(description="The authenticator must verify its user.", examples=["required"])
    ]


class PasskeyAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A passkey. None of it is secret."""

    id: Id
    name: Label
    user_id: Id
    credential_id: Annotated[str, Meta(description="What browsers know it by, in base64url.")] = (
        msgspec.field(name="credentialID")
    )
    public_key: Annotated[str, Meta(description="A COSE_Key (RFC 9052), in base64.")]
    counter: Annotated[int, Meta(description="Its last signature count; 0 if it does not count.")]
    device_type: Annotated[
        Literal["singleDevice", "multiDevice"],
        Meta(description="Whether it may be synchronized between devices (`multiDevice`)."),
    ]
    backed_up: Annotated[bool, Meta(description="Whether it is stored on more than one device.")]
    transports: Annotated[
        str,
        Meta(description="How browsers reach it, separated by commas.", examples=["internal,hybrid"]),
    ]
    aaguid: Annotated[
        str,
        Meta(
            description="The kind of authenticator, as it says itself.",
            examples=["ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"],
        ),
    ]
    created_at: Timestamp
    last_used_at: Timestamp | None


def base64url(value: bytes) -> str:
    """Return the bytes in base64url without padding, as WebAuthn's JSON has them."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def passkey_answer(passkey: Passkey) -> PasskeyAnswer:
    """Return the passkey as shown to its owner."""
    details, last_used_at = passkey.details, passkey.last_used_at
    return PasskeyAnswer(
        id=passkey.id,
        name=passkey.name,
        user_id=passkey.user_id,
        credential_id=base64url(passkey.credential_id),
        public_key=base64.b64encode(details.public_key).decode(),
        counter=passkey.sign_count,
        device_type="multiDevice" if details.backup_eligible else "singleDevice",
        backed_up=details.backed_up,
        transports=",".join(details.transports),
        aaguid=details.aaguid,
        created_at=timestamp(passkey.created_at),
        last_used_at=None if last_used_at is None else timestamp(last_used_at),
    )
