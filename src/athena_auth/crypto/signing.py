"""Keys that sign JSON Web Tokens (RFC 7519): Ed25519 (EdDSA, RFC 8037) and ECDSA on P-256 (ES256, RFC 7518).

Only asymmetric algorithms: a service that verifies tokens must not be able to make them.
"""

from enum import StrEnum
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm


class SigningAlgorithm(StrEnum):
    """The algorithms, by their JOSE names."""

    EDDSA = "EdDSA"
    ES256 = "ES256"


def new_private_key(algorithm: SigningAlgorithm) -> bytes:
    """Return a new private key (PKCS #8 in DER)."""
    key = (
        Ed25519PrivateKey.generate()
        if algorithm is SigningAlgorithm.EDDSA
        else generate_private_key(SECP256R1())
    )
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


class Signer:
    """A private key that signs tokens, and its public part.

    Args:
        key_id: Names the key in the header of each token (`kid`).
        private_key: PKCS #8 in DER, as `new_private_key` returns it.
    """

    def __init__(self, key_id: str, private_key: bytes) -> None:
        self._key_id = key_id
        key = load_der_private_key(private_key, password=None)
        if isinstance(key, Ed25519PrivateKey):
            self._algorithm, parts = (
                SigningAlgorithm.EDDSA,
                OKPAlgorithm.to_jwk(key.public_key(), as_dict=True),
            )
        elif isinstance(key, EllipticCurvePrivateKey):
            self._algorithm, parts = (
                SigningAlgorithm.ES256,
                ECAlgorithm.to_jwk(key.public_key(), as_dict=True),
            )
        else:
            raise TypeError("this private key is neither Ed25519 nor ECDSA")
        self._key = key
        self.public_jwk: dict[str, Any] = {**parts, "alg": self._algorithm.value, "use": "sig", "kid": key_id}
        """The public key (RFC 7517). It names its algorithm, so that verifiers accept no other with it (RFC 8725 3.1)."""

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a signed token with these claims."""
        return jwt.encode(claims, self._key, self._algorithm, headers={"kid": self._key_id})

    def __repr__(self) -> str:
        return f"Signer({self._key_id})"
