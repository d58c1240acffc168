"""The operator's secrets and the keys derived from them.

Each purpose has its own key (HKDF-SHA-256, RFC 5869), so a leak of one key does not affect the others. Each
secret has a small number, which is stored with every value that was made with it. So an operator can add a new
secret in front, and values made with the old one stay readable.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_BYTES = 2


_CHECKED = b"athena-auth"
"""The input of the check values; any constant works."""


class UnreadableError(Exception):
    """A value cannot be decrypted or verified: its secret is not configured, or the value was tampered with.

    Attributes:
        number: The number of the secret, as stored in the value.
        is_configured: Whether a secret with this number is configured. If so, the value was made with a different
            secret under the same number, or was modified.
    """

    def __init__(self, number: int, *, is_configured: bool) -> None:
        state = "does not decrypt it" if is_configured else "is not configured"
        super().__init__(f"a value cannot be read: secret number {number} {state}")
        self.number = number
        self.is_configured = is_configured


def _derive(secret: bytes, purpose: str) -> bytes:
    info = f"athena-auth/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(secret)


def number_of(made: bytes) -> int:
    """Return the number of the secret that a sealed value or a code hash was made with."""
    return int.from_bytes(made[:_ID_BYTES])


class Keyring:
    """Encrypts values and hashes low-entropy codes with the operator's secrets.

    Args:
        secrets: The secrets by number, newest first. New values are made with the first one.
    """

    def __init__(self, secrets: dict[int, bytes]) -> None:
        self.current = next(iter(secrets))
        """The number of the secret that new values are made with."""
        self._current = self.current.to_bytes(_ID_BYTES)
        self._seals = {n.to_bytes(_ID_BYTES): AESGCM(_derive(s, "seal")) for n, s in secrets.items()}
        self._hash_keys = {n.to_bytes(_ID_BYTES): _derive(s, "code-hash") for n, s in secrets.items()}
        self.check_values = {
            n: hmac.digest(_derive(s, "secret-check"), _CHECKED, hashlib.sha256) for n, s in secrets.items()
        }
        """A value for each number that identifies its secret; it is stored in the database. It reveals no key: keys are
        derived by HKDF for other purposes. An attacker who steals the database can use it to test a candidate secret,
        as with any sealed value; secrets have at least 32 bytes."""

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt `plaintext` with AES-256-GCM and `context` as associated data.

        The context names the row and column. A sealed value that is copied into another account's row does not
        decrypt there, so an attacker with write access to the database cannot plant their own secret in it.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return self._current + nonce + self._seals[self._current].encrypt(nonce, plaintext, context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Decrypt a value that was sealed with this context.

        Raises:
            UnreadableError: the secret is no longer configured, or the value does not belong to this context.
        """
        key_id, nonce, body = sealed[:_ID_BYTES], sealed[_ID_BYTES:14], sealed[14:]
        try:
            return self._seals[key_id].decrypt(nonce, body, context.encode())
        except (KeyError, InvalidTag, ValueError):  # the last for a value that was cut short
            is_configured = key_id in self._seals
            raise UnreadableError(number_of(sealed), is_configured=is_configured) from None

    def is_current_seal(self, sealed: bytes) -> bool:
        """Tell whether a value was sealed with the current secret; if not, it should be re-encrypted."""
        return sealed.startswith(self._current)

    def hash_code(self, code: str, context: str) -> bytes:
        """Return the keyed hash (HMAC-SHA-256) of a code, bound to its account or challenge by `context`.

        With a stolen database a six-digit code can be found in a million evaluations of any unkeyed hash, however
        slow. Without the key, which is not in the database, it cannot be found.
        """
        return self._hash(self._current, code, context)

    def possible_hashes(self, code: str, context: str) -> list[bytes]:
        """Return the hash of a code under each configured secret, newest first, to look up a stored hash."""
        return [self._hash(key_id, code, context) for key_id in self._hash_keys]

    def require_known(self, code_hash: bytes) -> None:
        """Check that a stored hash can be verified. If it cannot, no code may be refused as wrong.

        Raises:
            UnreadableError: the secret of the hash is not configured.
        """
        if code_hash[:_ID_BYTES] not in self._hash_keys:
            raise UnreadableError(number_of(code_hash), is_configured=False)

    def _hash(self, key_id: bytes, code: str, context: str) -> bytes:
        return key_id + hmac.digest(self._hash_keys[key_id], f"{context}:{code}".encode(), hashlib.sha256)
