"""The factors that a deployment offers and accepts (ATHENA_METHODS). The others keep their data, and verify nothing."""

from collections.abc import Sequence
from typing import Any

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.mfa import authenticators
from athena_auth.mfa.factor import Enrollable, Factor
from athena_auth.store.transaction import Tx

_NOT_OFFERED = Refused(
    ErrorCode.METHOD_NOT_AVAILABLE, Text("This server does not offer this method. Use another one.")
)


class OfferedFactors(msgspec.Struct, frozen=True):
    """The factors that are offered and accepted, in the order in which clients are offered them."""

    factors: tuple[Factor[Any], ...]

    @property
    def enrollable(self) -> dict[str, Enrollable[Any]]:
        """Those that account owners can turn on, by name."""
        return {each.name: each for each in self.factors if isinstance(each, Enrollable)}

    def has(self, name: str) -> bool:
        """Tell whether the factor with this name is offered."""
        return any(each.name == name for each in self.factors)

    def refuse_other(self, name: str) -> Refused | None:
        """Refuse a factor that is not offered, whatever the account has enrolled.

        Whatever prompts for a factor, verifies it or enrols it asks here first.
        """
        return None if self.has(name) else _NOT_OFFERED

    async def available(self, tx: Tx, account: Account) -> tuple[str, ...]:
        """Return what this account, which has two-factor authentication on, can use at sign-in."""
        enrolled = await authenticators.load(tx, account.id)
        return tuple([each.name for each in self.factors if await each.is_available(tx, account, enrolled)])


def offered_factors(every: Sequence[Factor[Any]], names: Sequence[str]) -> OfferedFactors:
    """Return the factors with these names, or all of them if there are no names. The order stays that of `every`.

    Raises:
        ValueError: a name is unknown or occurs twice, or none is that of a factor that can be turned on.
    """
    known = [each.name for each in every]
    if len(set(names)) < len(names) or not set(names).issubset(known):
        raise ValueError(f"name these methods only, separated by commas, each once: {', '.join(known)}")
    offered = OfferedFactors(tuple(each for each in every if not names or each.name in names))
    if not offered.enrollable:
        enrollable = ", ".join(each.name for each in every if isinstance(each, Enrollable))
        raise ValueError(f"name at least one method that can be turned on: {enrollable}")
    return offered
