"""Bearer tokens: 256 bits from the system's generator, stored only as a digest.

At 256 bits there is nothing to guess, so a plain hash suffices (NIST SP 800-63B-4 asks for a slow one only
below 112 bits). The kind of the token is part of what is hashed: a token of one kind cannot be looked up
as another, whatever a statement or a caller mixes up.
"""

import hashlib
import secrets
from enum import StrEnum

_TOKEN_BYTES = 32


class TokenKind(StrEnum):
    """The kinds of token, never interchangeable."""

    SESSION = "session"
    CHALLENGE = "challenge"
    TRUSTED_DEVICE = "trusted-device"
    MAIL = "mail"


CHALLENGE_PREFIX = "2fa_"


def new_token(kind: TokenKind) -> str:
    """Return a fresh token; challenge tokens are recognised by their prefix `2fa_`."""
    prefix = CHALLENGE_PREFIX if kind is TokenKind.CHALLENGE else ""
    return prefix + secrets.token_urlsafe(_TOKEN_BYTES)


def digest(kind: TokenKind, token: str) -> bytes:
    """Return the 32 bytes under which a token of this kind is stored."""
    return hashlib.sha256(f"{kind}:{token}".encode()).digest()
