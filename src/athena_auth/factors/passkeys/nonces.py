"""The nonces of sign-ins with a passkey, before anything is known of the user.

A page asks for one whenever it is opened, to offer passkeys in the browser's autofill. So none is stored: it is the hash of a
random cookie that the server has signed. A response is accepted only with the cookie that its nonce was derived from, and only
the nonces of accepted responses are kept, until they expire.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

import msgspec

from athena_auth.crypto.keys import Keyring
from athena_auth.kernel.clock import Millis, after

LIFETIME = 300
"""Seconds (WebAuthn level 3 section 15.1 recommends five to ten minutes)."""
_RANDOM_BYTES = 32
_LONGEST = 256
_CONTEXT = "passkey-sign-in"


class SignInNonce(msgspec.Struct, frozen=True):
    """What an authenticator signs, and until when."""

    value: bytes
    expires_at: Millis


@dataclass(frozen=True, slots=True)
class SignInNonces:
    """Issues nonces together with the cookies that they are bound to, and reads them back from the cookies."""

    keyring: Keyring

    def issue(self, now: Millis) -> tuple[str, SignInNonce]:
        """Return a cookie and its nonce."""
        expires_at = after(now, LIFETIME)
        text = f"{expires_at:x}.{secrets.token_urlsafe(_RANDOM_BYTES)}"
        signature = base64.urlsafe_b64encode(self.keyring.hash_code(text, _CONTEXT)).decode().rstrip("=")
        cookie = f"{text}.{signature}"
        return cookie, SignInNonce(_nonce_of(text), expires_at)

    def read(self, cookie: str | None, now: Millis) -> SignInNonce | None:
        """Return the nonce of a cookie; None if the server has not issued it, or it has expired."""
        if cookie is None or len(cookie) > _LONGEST:
            return None
        text, _, encoded = cookie.rpartition(".")
        try:
            expires_at = Millis(int(text.partition(".")[0], 16))
            signature = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except ValueError:
            return None
        possible = self.keyring.possible_hashes(text, _CONTEXT)
        is_ours = any(hmac.compare_digest(signature, each) for each in possible)
        # The nonce is that of the signed text: base64 has several spellings of one signature.
        return SignInNonce(_nonce_of(text), expires_at) if is_ours and now < expires_at else None


def _nonce_of(text: str) -> bytes:
    return hashlib.sha256(f"{_CONTEXT}:{text}".encode()).digest()
