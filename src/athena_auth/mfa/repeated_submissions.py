"""Repeated submissions of one code: a double click, or a form that the browser sends again on a slow network.

The first submission consumes the code. A second one with the same challenge or session cookie and the same code within
a few seconds gets the first answer again. Bearer tokens are excluded: programs do not double-click. The answer is stored
encrypted, and decrypts only with that token and that code. Nothing is verified again, and no second session is created
(I3).
"""

import msgspec

from athena_auth import retired_tokens
from athena_auth.accounts import sql as accounts
from athena_auth.crypto.keys import Keyring, UnreadableError
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Millis
from athena_auth.mfa.model import SecondFactorResult
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import ClientInfo


class _Answer(msgspec.Struct, frozen=True):
    token: str
    trust_token: str | None
    codes_left: int | None
    callback_url: str | None = None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Answer)


class RepeatedSubmissions:
    """Stores the answers of verified codes, and finds them for repeated submissions."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def keep(self, tx: Tx, token_digest: bytes, code: str, result: SecondFactorResult, now: Millis) -> None:
        """Store the answer to this token and code, in the caller's transaction."""
        answer = _encoder.encode(
            _Answer(result.token, result.trust_token, result.codes_left, result.callback_url)
        )
        sealed = self._keyring.seal(answer, _context(token_digest, code))
        retired_tokens.put(tx, token_digest, result.account.id, now, sealed)

    async def find(
        self, tx: Tx, token_digest: bytes, code: str, client: ClientInfo, now: Millis
    ) -> SecondFactorResult | None:
        """Return the answer that this token and code got a moment ago, if its session is still live."""
        retired = await retired_tokens.load(tx, token_digest, now)
        if retired is None or retired.sealed_answer is None:
            return None
        try:
            opened = self._keyring.unseal(retired.sealed_answer, _context(token_digest, code))
        except UnreadableError:
            return None  # another code
        answer = _decoder.decode(opened)
        session_digest = digest(TokenKind.SESSION, answer.token)
        signed_in = await accounts.load_signed_in(tx, answer.token, session_digest, client, now)
        if signed_in is None:
            return None
        return SecondFactorResult(
            signed_in.session,
            answer.token,
            signed_in.account,
            answer.trust_token,
            answer.codes_left,
            answer.callback_url,
        )


def _context(token_digest: bytes, code: str) -> str:
    return f"replay:{token_digest.hex()}:{code}"
