"""Time-based one-time passwords: RFC 6238 over RFC 4226, as authenticator apps read them."""

import base64
import hmac
import secrets
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final
from urllib.parse import quote

import msgspec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from cryptography.hazmat.primitives.hmac import HMAC

from athena_auth.kernel.clock import Millis


class Algorithm(StrEnum):
    """The hash function of the code. Every authenticator app supports SHA1; few support the others."""

    SHA1 = "SHA1"
    SHA256 = "SHA256"
    SHA512 = "SHA512"


# HMAC-SHA-1 is unbroken and is what apps implement; NIST SP 800-131A forbids SHA-1 for signatures, not for HMAC.
_HASHES: Final[dict[Algorithm, SHA1 | SHA256 | SHA512]] = {
    Algorithm.SHA1: SHA1(),  # noqa: S303
    Algorithm.SHA256: SHA256(),
    Algorithm.SHA512: SHA512(),
}
_SECRET_BYTES: Final = {Algorithm.SHA1: 20, Algorithm.SHA256: 32, Algorithm.SHA512: 64}


class Parameters(msgspec.Struct, frozen=True):
    """The parameters of an authenticator app, apart from the secret."""

    algorithm: Algorithm = Algorithm.SHA1
    digits: int = 6
    period: int = 30
    """Seconds for which a code is valid; at most 120 (NIST SP 800-63B-4 section 3.1.4)."""


def new_secret(algorithm: Algorithm) -> bytes:
    """Return a new secret as long as the hash: 160 bits for SHA-1 (RFC 4226 section 4, R6)."""
    return secrets.token_bytes(_SECRET_BYTES[algorithm])


def step_at(now: Millis, parameters: Parameters) -> int:
    """Return the number of the current time step (RFC 6238 section 4.2)."""
    return now // (parameters.period * 1000)


def code_at(secret: bytes, step: int, parameters: Parameters) -> str:
    """Return the code of one time step."""
    return next(_codes(secret, parameters, (step,))).decode()


def matching_step(secret: bytes, parameters: Parameters, code: str, now: Millis, window: int) -> int | None:
    """Return the time step that this code belongs to, or None.

    The search covers `window` steps on either side of the current one. 1 allows for a clock that is off by up to
    one step and for slow typing (RFC 6238 section 5.2); 0 is the strict reading of ASVS 6.5.5.
    """
    current = step_at(now, parameters)
    # There are no steps before 1970: a server with a broken clock must refuse codes, not crash.
    steps = range(max(current - window, 0), current + window + 1)
    return latest_match(secret, parameters, code, steps)


def latest_match(secret: bytes, parameters: Parameters, code: str, steps: Sequence[int]) -> int | None:
    """Return the latest of these time steps that this code belongs to, or None.

    All candidates are compared, each in constant time. If two steps have the same code, the later step is returned,
    so that the code cannot be replayed.
    """
    given = code.encode()
    matches = [hmac.compare_digest(candidate, given) for candidate in _codes(secret, parameters, steps)]
    return max((step for step, match in zip(steps, matches, strict=True) if match), default=None)


def _codes(secret: bytes, parameters: Parameters, steps: Iterable[int]) -> Iterator[bytes]:
    """Yield the code of each time step (RFC 4226 section 5.3).

    The HMAC is keyed once and copied for each step. Keying is most of the cost of a code, and `HOTP` of the
    `cryptography` package repeats it for each.
    """
    keyed = HMAC(secret, _HASHES[parameters.algorithm])
    for step in steps:
        mac = keyed.copy()
        mac.update(step.to_bytes(8))
        digest = mac.finalize()
        start = digest[-1] & 0x0F
        number = int.from_bytes(digest[start : start + 4]) & 0x7FFF_FFFF
        yield b"%0*d" % (parameters.digits, number % 10**parameters.digits)


def otpauth_uri(secret: bytes, parameters: Parameters, *, issuer: str, account: str) -> str:
    """Return the `otpauth://totp/…` URI that authenticator apps read from a QR code. It contains the secret."""
    label = quote(f"{issuer}:{account}", safe=":@")
    key = base64.b32encode(secret).decode().rstrip("=")
    return (
        f"otpauth://totp/{label}?secret={key}&issuer={quote(issuer, safe='')}"
        f"&algorithm={parameters.algorithm}&digits={parameters.digits}&period={parameters.period}"
    )
