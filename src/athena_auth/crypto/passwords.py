"""Password hashing: argon2id, RFC 9106, with OWASP's parameters."""

import unicodedata
from typing import NamedTuple

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_LENGTH = 128
"""Characters after normalisation. Longer passwords are refused before hashing, which is expensive."""


class Cost(NamedTuple):
    """The cost of one hash: memory in KiB, passes over it, and parallel lanes (RFC 9106)."""

    memory_kib: int
    passes: int
    lanes: int = 1


DEFAULT_COST = Cost(19_456, 2)

EQUIVALENTS = (Cost(47_104, 1), DEFAULT_COST, Cost(12_288, 3), Cost(9_216, 4), Cost(7_168, 5))
"""Costs that OWASP's password storage cheat sheet considers equally strong; no lower cost is accepted."""


def is_strong_enough(cost: Cost) -> bool:
    """Tell whether a cost is at least one of the equivalents."""
    return any(cost.memory_kib >= e.memory_kib and cost.passes >= e.passes for e in EQUIVALENTS)


class PasswordHasher:
    """Hashes and verifies passwords. One call takes tens of milliseconds of CPU: keep it off the event loop.

    Args:
        cost: The cost of new hashes; existing hashes carry their own.

    Raises:
        ValueError: the cost is below OWASP's. `athena_auth.testing` has a cheap hasher for tests.
    """

    def __init__(self, cost: Cost = DEFAULT_COST) -> None:
        if not is_strong_enough(cost):
            raise ValueError("this cost is below OWASP's; athena_auth.testing has a cheap hasher for tests")
        self._set_cost(cost)

    def _set_cost(self, cost: Cost) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes
        )
        # Verified when there is no account, so that the response time does not reveal whether one exists.
        self._dummy = self._argon2.hash("no account has this password")

    def hash(self, password: str) -> str:
        """Return the encoded hash of a password, including parameters and salt."""
        return self._argon2.hash(normalise(password))

    def verify(self, encoded: str | None, password: str) -> bool:
        """Tell whether this is the password. Without a hash, take the same time and return False."""
        try:
            self._argon2.verify(encoded or self._dummy, normalise(password))
        except (VerificationError, InvalidHashError):
            return False
        return encoded is not None

    def is_outdated(self, encoded: str) -> bool:
        """Tell whether a hash has other parameters than new hashes, so the password should be rehashed."""
        return self._argon2.check_needs_rehash(encoded)


def is_oversized(password: str) -> bool:
    """Tell whether a password is too long to be normalised.

    Normalisation takes quadratic time on a run of combining marks: 64 KB of them take a second. NFKC shortens some
    texts, so this limit is higher than `MAX_LENGTH`.
    """
    return len(password) > 4 * MAX_LENGTH


def normalise(password: str) -> str:
    """Return the form that is hashed: NFKC, so that all keyboards produce the same one (SP 800-63B-4 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
