"""Pure rules: which signing key signs, when it gets a successor, and what a token says of a session."""

from collections.abc import Iterable
from typing import Any

import msgspec

from athena_auth.kernel.clock import Millis, after
from athena_auth.sessions.model import Level, Session
from athena_auth.sessions.rules import has_second_factor

LONGEST_TTL = 3_600
"""Seconds: the longest lifetime of a token."""
CACHE = 60
"""Seconds for which a process keeps the keys that it has loaded."""
MAX_AGE = 300
"""Seconds for which HTTP caches may keep the key set."""
_PUBLISHED_AHEAD = 3_600
"""Seconds between the publication of a successor and its first signature: verifiers have fetched it by then."""
_KEPT = LONGEST_TTL + CACHE + 3_600
"""Seconds for which a key is published after it has signed its last token: the token expires, and clocks differ."""
_DAY = 86_400
_SIGNS_FOR = 90 * _DAY
"""Seconds after which a key gets a successor."""
_LIFETIME = _SIGNS_FOR + 7 * _DAY
"""Seconds after which a key expires that got no successor, because no token was requested."""


class SigningKey(msgspec.Struct, frozen=True):
    """A key as it is stored."""

    id: str
    algorithm: str
    number: int
    """Its place among the keys of its algorithm. It is unique, so that concurrent processes make one successor."""
    sealed_private_key: bytes
    signs_from: Millis
    expires_at: Millis
    """When it leaves the key set; no token that it has signed is still valid then."""

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"


def seal_context(algorithm: str, key_id: str) -> str:
    """Return the context to which the private key is bound."""
    return f"signing-key:{algorithm}:{key_id}"


def signing_key(keys: Iterable[SigningKey], now: Millis) -> SigningKey | None:
    """Return the newest of an algorithm's keys that may sign now."""
    signing = [key for key in keys if key.signs_from <= now < after(key.expires_at, -_KEPT)]
    return max(signing, key=lambda key: key.number, default=None)


def is_successor_due(key: SigningKey, now: Millis) -> bool:
    """Tell whether the newest key of an algorithm is old enough to be replaced."""
    return now >= after(key.signs_from, _SIGNS_FOR)


def begins_to_sign(now: Millis, *, at_once: bool) -> Millis:
    """Return when a new key signs: at once if nothing else can, otherwise when verifiers know it."""
    return now if at_once else after(now, _PUBLISHED_AHEAD)


def expiry(signs_from: Millis) -> Millis:
    """Return when a key expires that gets no successor."""
    return after(signs_from, _LIFETIME)


def expiry_of_superseded(successor_signs_from: Millis) -> Millis:
    """Return when a key expires whose successor begins to sign at this time."""
    return after(successor_signs_from, _KEPT)


class TokenIssuer(msgspec.Struct, frozen=True):
    """Who issues tokens, for whom, and for how many seconds."""

    url: str
    audience: str
    ttl: int


_ACR = {Level.ONE: "level-1", Level.TWO: "level-2"}
"""Not `aal1` and `aal2`: a code by email or a trusted device makes level 2 here, and is no AAL2 (SP 800-63B-4)."""
_MULTIPLE_FACTORS = "mfa"


def claims(session: Session, issuer: TokenIssuer, token_id: str, now: Millis) -> dict[str, Any]:
    """Return what a token says of a session (RFC 7519, OpenID Connect Core section 2, RFC 8176, RFC 9470).

    It names the account by its id only: an email address would be in every log that a token gets into.
    """
    issued_at = now // 1000
    amr = list(session.assurance.amr)
    if session.assurance.level is Level.TWO and has_second_factor(session):
        amr.append(_MULTIPLE_FACTORS)
    return {
        "iss": issuer.url,
        "sub": session.user_id,
        "aud": issuer.audience,
        "exp": min(issued_at + issuer.ttl, session.expires_at // 1000),
        "iat": issued_at,
        "jti": token_id,
        "sid": session.id,
        "auth_time": session.proven_at // 1000,
        "acr": _ACR[session.assurance.level],
        "amr": amr,
    }
