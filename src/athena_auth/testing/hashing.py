"""Password hashes that cost nothing, and are worth nothing."""

from athena_auth.crypto.passwords import Cost, PasswordHasher

CHEAP_COST = Cost(memory_kib=8, passes=1)
"""A thousandth of the real cost."""


class CheapHasher(PasswordHasher):
    """Hashes passwords with argon2id at its lowest cost: for tests only.

    It is the one hasher below the cost that OWASP accepts: the settings and `PasswordHasher` itself refuse such a cost.
    """

    def __init__(self) -> None:
        self._set_cost(CHEAP_COST)
