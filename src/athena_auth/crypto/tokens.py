"""Bearer tokens: 256 bits from the system's random number generator, stored only as a digest.

A fast hash suffices at 256 bits: NIST SP 800-63B-4 requires a slow one only below 112 bits. The kind of the token is
part of the hash input, so a token of one kind is never found as another, even if a query or a caller mixes them up.
"""

import hashlib
import secrets
from enum import StrEnum

_TOKEN_BYTES = 32


class TokenKind(StrEnum):
    """The kinds of token; they are not interchangeable."""

    SESSION = "session"
    CHALLENGE = "challenge"
    TRUSTED_DEVICE = "trusted-device"
    MAIL = "mail"
    INVITE = "invite"
    PASSKEY = "passkey"


CHALLENGE_PREFIX = "2fa_"


def new_token(kind: TokenKind) -> str:
    """Return a new token. Challenge tokens have the prefix `2fa_`."""
    prefix = CHALLENGE_PREFIX if kind is TokenKind.CHALLENGE else ""
    return prefix + secrets.token_urlsafe(_TOKEN_BYTES)


def digest(kind: TokenKind, token: str) -> bytes:
    """Return the 32 bytes under which a token of this kind is stored."""
    return hashlib.sha256(f"{kind}:{token}".encode()).digest()
