"""Password hashing: argon2id, RFC 9106, with OWASP's parameters."""

import unicodedata
from typing import NamedTuple

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_LENGTH = 128
"""Characters after normalisation. A longer password is refused before it is hashed: hashing is not free."""


class Cost(NamedTuple):
    """What one hash costs: memory in KiB, passes over it, and lanes that work on it side by side."""

    memory_kib: int
    passes: int
    lanes: int = 1


DEFAULT_COST = Cost(19_456, 2)

EQUIVALENTS = (Cost(47_104, 1), DEFAULT_COST, Cost(12_288, 3), Cost(9_216, 4), Cost(7_168, 5))
"""Costs that OWASP's password storage cheat sheet holds to be equally strong; nothing below them is accepted."""


def is_strong_enough(cost: Cost) -> bool:
    """Tell whether a cost is at least one of the equivalents."""
    return any(cost.memory_kib >= e.memory_kib and cost.passes >= e.passes for e in EQUIVALENTS)


class PasswordHasher:
    """Hashes and verifies passwords. One call costs tens of milliseconds of CPU: keep it off the event loop."""

    def __init__(self, cost: Cost = DEFAULT_COST) -> None:
        """Fix the cost of new hashes; old hashes carry their own.

        Raises:
            ValueError: the cost is below what OWASP accepts. `athena_auth.testing` has a cheap hasher for tests.
        """
        if not is_strong_enough(cost):
            raise ValueError(
                "this cost is below what OWASP accepts; athena_auth.testing has a hasher for tests"
            )
        self._hash_at(cost)

    def _hash_at(self, cost: Cost) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes
        )
        # Verified in place of a hash that does not exist, so that the time an answer takes does not tell
        # whether an account does.
        self._nobody = self._argon2.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return the encoded hash of a password (parameters and salt included)."""
        return self._argon2.hash(normalise(password))

    def verify(self, encoded: str | None, password: str) -> bool:
        """Tell whether this is the password. Without a hash, spend the same time and return False."""
        try:
            self._argon2.verify(encoded or self._nobody, normalise(password))
        except (VerificationError, InvalidHashError):
            return False
        return encoded is not None

    def is_outdated(self, encoded: str) -> bool:
        """Tell whether a hash was made with other parameters than new ones are, and should be made again."""
        return self._argon2.check_needs_rehash(encoded)


def is_oversized(password: str) -> bool:
    """Tell whether a password is too long to be even looked at.

    Normalising takes time that grows with the square of a run of combining marks: 64 KB of them cost a second.
    NFKC shortens some texts, so the bound lies above the longest password that could pass.
    """
    return len(password) > 4 * MAX_LENGTH


def normalise(password: str) -> str:
    """Return the password as it is hashed: NFKC, so that every keyboard types the same one (SP 800-63B-4 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
