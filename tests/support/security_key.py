"""A second factor with a prompt: a security key that signs a nonce. Each account may have several, with names."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from athena_auth.factors import (
    Account,
    Attempt,
    Authenticator,
    Change,
    EnrolmentBegun,
    EnrolmentOptions,
    EnrolmentRequest,
    EnrolmentState,
    ErrorCode,
    FactorParts,
    Millis,
    Prompted,
    PromptRequest,
    RawResponse,
    Refused,
    Statement,
    Tx,
    Used,
    UserId,
    Verified,
    all_active,
    authenticators,
    new_id,
    pending,
)

_WRONG = Refused(ErrorCode.INVALID_CODE)


class Signed(msgspec.Struct, frozen=True):
    """The response of a key: its signature of the nonce and its count of signatures."""

    key: bytes
    count: int
    signature: bytes


class SecurityKeys:
    """Verifies the signatures of security keys."""

    name = "key"
    code_name = "signature of a security key"
    is_throttled = False
    has_nonce = True
    sweeps: tuple[Statement, ...] = ()

    def __init__(self, parts: FactorParts) -> None:
        self._app_name = parts.settings.app_name

    def parse(self, response: RawResponse) -> Signed | Refused:
        try:
            return msgspec.convert(response, Signed)
        except msgspec.ValidationError:
            return Refused(ErrorCode.VALIDATION_ERROR, "Touch your security key.")

    async def is_available(self, _tx: Tx, _account: Account, enrolled: Sequence[Authenticator]) -> bool:
        return bool(all_active(enrolled, self.name))

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        return pending(await authenticators.load(tx, user_id), self.name, now) is not None

    async def prompt(self, tx: Tx, request: PromptRequest) -> Prompted | Refused:
        keys = all_active(await authenticators.load(tx, request.account.id), self.name)
        if not keys:
            return Refused(ErrorCode.TWO_FACTOR_NOT_ENABLED)
        nonce = secrets.token_bytes(16)
        return Prompted({"nonce": nonce.hex(), "keys": [key.label for key in keys]}, nonce)

    def validate(self, options: EnrolmentOptions) -> Refused | None:
        return Refused(ErrorCode.VALIDATION_ERROR, "Name the key.") if options.label is None else None

    async def begin_enrolment(self, tx: Tx, request: EnrolmentRequest) -> EnrolmentBegun:
        new = Authenticator(
            id=new_id(request.now),
            user_id=request.account.id,
            factor=self.name,
            label=request.options.label,
            created_at=request.now,
        )
        await authenticators.begin_enrolment(tx, new)
        nonce = secrets.token_bytes(16)
        return EnrolmentBegun(EnrolmentState.PENDING, {"nonce": nonce.hex()}, nonce=nonce)

    async def verify(self, tx: Tx, attempt: Attempt[Signed]) -> Verified | Refused | Used:
        signed, enrolled = attempt.response, await authenticators.load(tx, attempt.user_id)
        if not _is_signed(signed, attempt.nonce or b""):
            return _WRONG
        for key in all_active(enrolled, self.name):
            if key.details == signed.key.hex():
                is_first = await authenticators.advance(
                    tx, key.id, signed.count, attempt.browser, attempt.now
                )
                return Verified(self.name, "hwk") if is_first else _WRONG
        new = pending(enrolled, self.name, attempt.now) if attempt.confirms else None
        if new is None:
            return _WRONG
        details = signed.key.hex()
        change = await authenticators.confirm(
            tx, new, None, attempt.browser, attempt.now, counter=signed.count, details=details
        )
        return _WRONG if change is None else Verified(self.name, "hwk", change)

    def credentials_changed(self, _change: Change) -> tuple[Statement, ...]:
        return ()


class Key:
    """A user's security key."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        self._count = 0

    def sign(self, nonce: str) -> dict[str, Any]:
        """Return the response to a nonce, in hexadecimal as prompts show it."""
        self._count += 1
        message = _message(bytes.fromhex(nonce), self._count)
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        signed = Signed(public, self._count, self._private.sign(message))
        response: dict[str, Any] = msgspec.to_builtins(signed)
        return response


def _message(nonce: bytes, count: int) -> bytes:
    return hashlib.sha256(nonce + count.to_bytes(8)).digest()


def _is_signed(signed: Signed, nonce: bytes) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(signed.key)
        key.verify(signed.signature, _message(nonce, signed.count))
    except (InvalidSignature, ValueError, OverflowError):
        return False
    return True
