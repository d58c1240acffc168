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
    ENROLMENT = "enrolment"
    TRUSTED_DEVICE = "trusted-device"
    MAIL = "mail"
    INVITE = "invite"
    PASSKEY = "passkey"


CHALLENGE_PREFIX = "2fa_"
ENROLMENT_PREFIX = "enrol_"
_PREFIXES = {TokenKind.CHALLENGE: CHALLENGE_PREFIX, TokenKind.ENROLMENT: ENROLMENT_PREFIX}


def new_token(kind: TokenKind) -> str:
    """Return a new token. Challenge tokens have the prefix `2fa_`, enrolment tokens `enrol_`."""
    return _PREFIXES.get(kind, "") + secrets.token_urlsafe(_TOKEN_BYTES)


def digest(kind: TokenKind, token: str) -> bytes:
    """Return the 32 bytes under which a token of this kind is stored."""
    return hashlib.sha256(f"{kind}:{token}".encode()).digest()
