"""How many accounts have no second factor yet, for the metrics."""

from dataclasses import dataclass

from athena_auth.accounts.enforcement import sql
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.log import Log
from athena_auth.store.transaction import Store

_log = Log(__name__)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Logs the numbers, from which the metrics derive two gauges.

    Each process does so, whichever of them sweeps: a process that keeps the numbers of an earlier sweep would report them for ever.
    """

    store: Store
    clock: Clock

    async def log(self) -> int:
        """Count the accounts without a second factor; return their number."""
        found = await sql.count_without_factor(self.store, self.clock.now())
        _log.debug("accounts.without_second_factor", accounts=found.accounts, overdue=found.overdue)
        return found.accounts
