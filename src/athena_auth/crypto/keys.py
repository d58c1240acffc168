"""The operator's secrets and the keys derived from them.

Every use has a key of its own (HKDF-SHA-256, RFC 5869), so that what one use leaks tells nothing about
another. Each secret has a small number, stored beside whatever was made with it: that is what lets an
operator put a new secret in front and keep reading what the old one wrote.
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
"""What the check values are made of: any constant does."""


class UnreadableError(Exception):
    """A value was made with a secret that is not configured, or was tampered with.

    Attributes:
        number: The secret's number, as the value names it.
        is_configured: Whether there is a secret of this number. Then the value was made with another one, or changed.
    """

    def __init__(self, number: int, *, is_configured: bool) -> None:
        state = "does not open it" if is_configured else "is not configured"
        super().__init__(f"a value cannot be read: the secret numbered {number} {state}")
        self.number = number
        self.is_configured = is_configured


def _derive(secret: bytes, purpose: str) -> bytes:
    info = f"athena-auth/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(secret)


def number_of(made: bytes) -> int:
    """Return the number of the secret that a sealed value, or the hash of a code, was made with."""
    return int.from_bytes(made[:_ID_BYTES])


class Keyring:
    """Seals values and hashes low-entropy codes under the operator's secrets, newest first."""

    def __init__(self, secrets: dict[int, bytes]) -> None:
        """Derive the keys. `secrets` maps the number of each secret to its bytes; the first one is current."""
        self.current = next(iter(secrets))
        """The number of the secret that new values are made with."""
        self._current = self.current.to_bytes(_ID_BYTES)
        self._seals = {n.to_bytes(_ID_BYTES): AESGCM(_derive(s, "seal")) for n, s in secrets.items()}
        self._hash_keys = {n.to_bytes(_ID_BYTES): _derive(s, "code-hash") for n, s in secrets.items()}
        self.check_values = {
            n: hmac.digest(_derive(s, "secret-check"), _CHECKED, hashlib.sha256) for n, s in secrets.items()
        }
        """For each number, what tells a secret from another one; stored in the database. It reveals no key: those come
        from HKDF by other names. An attacker who steals the database can test a secret that they suspect, as they can
        with any sealed value; a secret has at least 32 bytes."""

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt `plaintext` (AES-256-GCM) so that it opens only at `place`.

        The place names the row and column. A sealed value copied into another account's row does not open
        there: an attacker who can write to the database cannot make her own secret somebody else's.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return self._current + nonce + self._seals[self._current].encrypt(nonce, plaintext, context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed at `place`.

        Raises:
            UnreadableError: the secret is not configured any more, or the value is not from this place.
        """
        key_id, nonce, body = sealed[:_ID_BYTES], sealed[_ID_BYTES:14], sealed[14:]
        try:
            return self._seals[key_id].decrypt(nonce, body, context.encode())
        except (KeyError, InvalidTag, ValueError):  # the last for a value that was cut short
            is_configured = key_id in self._seals
            raise UnreadableError(number_of(sealed), is_configured=is_configured) from None

    def is_current_seal(self, sealed: bytes) -> bool:
        """Tell whether a value was sealed with the current secret; if not, it is due to be sealed again."""
        return sealed.startswith(self._current)

    def hash_code(self, code: str, context: str) -> bytes:
        """Return the keyed hash (HMAC-SHA-256) of a code, bound to the account or challenge it belongs to.

        A six-digit code falls to a million tries of any hash, however slow, once the database is stolen;
        with a key that is not in the database it does not fall at all.
        """
        return self._hash(self._current, code, context)

    def possible_hashes(self, code: str, context: str) -> list[bytes]:
        """Return the hash of a code under each configured secret, newest first, to look a stored one up."""
        return [self._hash(key_id, code, context) for key_id in self._hash_keys]

    def require_known(self, code_hash: bytes) -> None:
        """Make sure that a stored hash can be verified at all; if it cannot, no code is wrong.

        Raises:
            UnreadableError: the secret that it was made with is not configured.
        """
        if code_hash[:_ID_BYTES] not in self._hash_keys:
            raise UnreadableError(number_of(code_hash), is_configured=False)

    def _hash(self, key_id: bytes, code: str, context: str) -> bytes:
        return key_id + hmac.digest(self._hash_keys[key_id], f"{context}:{code}".encode(), hashlib.sha256)
