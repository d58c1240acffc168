"""A factor of a host's own: a key fob with a button, which shows the code of the next counter (RFC 4226).

It imports what `athena_auth.factors` offers and nothing else: it is what the how-to page teaches.
"""

import base64
import hashlib
import hmac
import secrets

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
    Refused,
    Statement,
    Tx,
    Used,
    UserId,
    Verified,
    active,
    authenticators,
    new_id,
    pending,
)

_LOOK_AHEAD = 5
"""Codes after the last one that are accepted: people press the button in vain."""

SWEPT = Statement("DELETE FROM athena_authenticator WHERE id IN (SELECT id FROM athena_authenticator WHERE factor = 'fob' AND id > '' AND state = 'pending' AND created_at <= :cutoff ORDER BY id LIMIT :most)")  # fmt: skip


def code_of(secret: bytes, counter: int) -> str:
    """Return the code of a counter."""
    digest = hmac.digest(secret, counter.to_bytes(8), hashlib.sha1)
    offset = digest[-1] & 0xF
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"


class Fob:
    """Verifies the codes of key fobs."""

    name = "fob"
    code_name = "code of a key fob"
    is_throttled = True
    sweeps: tuple[Statement, ...] = (SWEPT,)
    malformed = Refused(ErrorCode.INVALID_CODE, "Enter the six digits that the key fob shows.")

    def __init__(self, parts: FactorParts) -> None:
        self._keyring = parts.keyring

    def is_well_formed(self, code: str) -> bool:
        return len(code) == 6 and code.isdecimal()

    async def is_available(self, tx: Tx, account: Account) -> bool:
        return active(await authenticators.load(tx, account.id), self.name) is not None

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        return pending(await authenticators.load(tx, user_id), self.name, now) is not None

    def credentials_changed(self, change: Change) -> tuple[Statement, ...]:  # noqa: ARG002 - the protocol's
        return ()

    def refuse(self, options: EnrolmentOptions) -> Refused | None:  # noqa: ARG002 - the protocol's
        return None

    async def begin_enrolment(self, tx: Tx, request: EnrolmentRequest) -> EnrolmentBegun:
        secret = secrets.token_bytes(20)
        new = Authenticator(
            id=new_id(request.now), user_id=request.account.id, factor=self.name, created_at=request.now
        )
        sealed = self._keyring.seal(secret, new.context)
        await authenticators.begin_enrolment(tx, new.with_sealed(sealed))
        return EnrolmentBegun(EnrolmentState.PENDING, {"secret": base64.b32encode(secret).decode()})

    async def verify(self, tx: Tx, attempt: Attempt) -> Verified | Refused | Used:
        enrolled = await authenticators.load(tx, attempt.user_id)
        in_force = active(enrolled, self.name)
        new = pending(enrolled, self.name, attempt.now) if attempt.confirms else None
        for authenticator in filter(None, (new, in_force)):
            counter = self._matching_counter(authenticator, attempt.code)
            if counter is None:
                continue
            if authenticator is new:
                change = await authenticators.confirm(
                    tx, new, in_force, attempt.browser, attempt.now, counter=counter
                )
                return Verified(self.name, "hwk", change) if change else Refused(ErrorCode.INVALID_CODE)
            if await authenticators.advance(tx, authenticator.id, counter, attempt.browser, attempt.now):
                return Verified(self.name, "hwk")
        return Refused(ErrorCode.INVALID_CODE)

    def _matching_counter(self, authenticator: Authenticator, code: str) -> int | None:
        secret = self._keyring.unseal(authenticator.sealed_data, authenticator.context)
        ahead = range(authenticator.counter + 1, authenticator.counter + 1 + _LOOK_AHEAD)
        matching = (each for each in ahead if hmac.compare_digest(code_of(secret, each), code))
        return next(matching, None)
