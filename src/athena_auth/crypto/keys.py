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


class UnreadableError(Exception):
    """A sealed value was made with a secret that is no longer configured, or was tampered with."""


def _derive(secret: bytes, purpose: str) -> bytes:
    info = f"athena-auth/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(secret)


class Keyring:
    """Seals values and hashes low-entropy codes under the operator's secrets, newest first."""

    def __init__(self, secrets: dict[int, bytes]) -> None:
        """Derive the keys. `secrets` maps the number of each secret to its bytes; the first one is current."""
        self._current = next(iter(secrets)).to_bytes(_ID_BYTES)
        self._seals = {n.to_bytes(_ID_BYTES): AESGCM(_derive(s, "seal")) for n, s in secrets.items()}
        self._hash_keys = {n.to_bytes(_ID_BYTES): _derive(s, "code-hash") for n, s in secrets.items()}

    def seal(self, plaintext: bytes, place: str) -> bytes:
        """Encrypt `plaintext` (AES-256-GCM) so that it opens only at `place`.

        The place names the row and column. A sealed value copied into another account's row does not open
        there: an attacker who can write to the database cannot make her own secret somebody else's.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return self._current + nonce + self._seals[self._current].encrypt(nonce, plaintext, place.encode())

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Return what was sealed at `place`.

        Raises:
            UnreadableError: the secret is not configured any more, or the value is not from this place.
        """
        key_id, nonce, body = sealed[:_ID_BYTES], sealed[_ID_BYTES:14], sealed[14:]
        try:
            return self._seals[key_id].decrypt(nonce, body, place.encode())
        except (KeyError, InvalidTag):
            raise UnreadableError(
                f"cannot open what was sealed with secret {int.from_bytes(key_id)}"
            ) from None

    def is_current_seal(self, sealed: bytes) -> bool:
        """Tell whether a value was sealed with the current secret; if not, it is due to be sealed again."""
        return sealed.startswith(self._current)

    def hash_code(self, code: str, place: str) -> bytes:
        """Return the keyed hash (HMAC-SHA-256) of a code, bound to the account or challenge it belongs to.

        A six-digit code falls to a million tries of any hash, however slow, once the database is stolen;
        with a key that is not in the database it does not fall at all.
        """
        return self._hash(self._current, code, place)

    def possible_hashes(self, code: str, place: str) -> list[bytes]:
        """Return the hash of a code under each configured secret, newest first, to look a stored one up."""
        return [self._hash(key_id, code, place) for key_id in self._hash_keys]

    def _hash(self, key_id: bytes, code: str, place: str) -> bytes:
        return key_id + hmac.digest(self._hash_keys[key_id], f"{place}:{code}".encode(), hashlib.sha256)
