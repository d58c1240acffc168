"""A second factor that a host adds: a key fob whose button shows the code of the next counter (RFC 4226)."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

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
    RawResponse,
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
    read_code,
)

_CODE = re.compile("[0-9]{6}")
_LOOK_AHEAD = 5
"""Codes after the last one that are accepted: people press the button without signing in."""
_WRONG = Refused(ErrorCode.INVALID_CODE)
_SWEEP = Statement("""
    DELETE FROM athena_authenticator WHERE id IN
    (SELECT id FROM athena_authenticator
     WHERE factor = 'fob' AND id > '' AND state = 'pending' AND created_at <= :cutoff ORDER BY id LIMIT :most)
""")


class KeyFob:
    """Verifies the codes of key fobs."""

    name = "fob"
    code_name = "code of a key fob"
    is_throttled = True
    sweeps: tuple[Statement, ...] = (_SWEEP,)

    def __init__(self, parts: FactorParts) -> None:
        self._keyring = parts.keyring

    def parse(self, response: RawResponse) -> str | Refused:
        malformed = Refused(ErrorCode.INVALID_CODE, "Enter the six digits that the key fob shows.")
        return read_code(response, _CODE) or malformed

    async def is_available(self, _tx: Tx, _account: Account, enrolled: Sequence[Authenticator]) -> bool:
        return active(enrolled, self.name) is not None

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        return pending(await authenticators.load(tx, user_id), self.name, now) is not None

    def validate(self, options: EnrolmentOptions) -> Refused | None:
        return None if options.phone_number is None else Refused(ErrorCode.VALIDATION_ERROR)

    async def begin_enrolment(self, tx: Tx, request: EnrolmentRequest) -> EnrolmentBegun:
        secret = secrets.token_bytes(20)
        new = Authenticator(
            id=new_id(request.now), user_id=request.account.id, factor=self.name, created_at=request.now
        )
        await authenticators.begin_enrolment(tx, new.with_sealed(self._keyring.seal(secret, new.context)))
        return EnrolmentBegun(EnrolmentState.PENDING, {"secret": base64.b32encode(secret).decode()})

    async def verify(self, tx: Tx, attempt: Attempt[str]) -> Verified | Refused | Used:
        enrolled = await authenticators.load(tx, attempt.user_id)
        in_use = active(enrolled, self.name)
        new = pending(enrolled, self.name, attempt.now) if attempt.confirms else None
        if new is not None and (counter := self._matching_counter(new, attempt.response)) is not None:
            change = await authenticators.confirm(
                tx, new, in_use, attempt.browser, attempt.now, counter=counter
            )
            return _WRONG if change is None else Verified(self.name, "hwk", change)
        if in_use is None or (counter := self._matching_counter(in_use, attempt.response)) is None:
            return _WRONG
        # The guarded write decides: of two requests with one code, one gets False.
        is_first = await authenticators.advance(tx, in_use.id, counter, attempt.browser, attempt.now)
        return Verified(self.name, "hwk") if is_first else _WRONG

    def credentials_changed(self, _change: Change) -> tuple[Statement, ...]:
        return ()  # the server deletes authenticators; this factor stores nothing else

    def _matching_counter(self, authenticator: Authenticator, code: str) -> int | None:
        secret = self._keyring.unseal(authenticator.sealed_data, authenticator.context)
        ahead = range(authenticator.counter + 1, authenticator.counter + 1 + _LOOK_AHEAD)
        return next((each for each in ahead if hmac.compare_digest(code_of(secret, each), code)), None)


def code_of(secret: bytes, counter: int) -> str:
    digest = hmac.digest(secret, counter.to_bytes(8), hashlib.sha1)
    offset = digest[-1] & 0xF
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"
