"""Use cases of operators who require second factors: for one account, or for all at once."""

from dataclasses import dataclass

from athena_auth.accounts.enforcement import sql
from athena_auth.accounts.enforcement.deadlines import Deadlines
from athena_auth.audit.model import NO_CLIENT
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.texts import Text
from athena_auth.store.transaction import Store, Tx

_BATCH = 500
_IS_OFF = Text("The enforcement policy is off. Set ATHENA_REQUIRE_SECOND_FACTOR first.")
_NOT_FOR_ALL = Text(
    "The enforcement policy does not apply to all accounts. Set ATHENA_REQUIRE_SECOND_FACTOR to all."
)


@dataclass(frozen=True, slots=True)
class EnforcementService:
    """What operators can do about the enforcement policy. Owners are notified of each deadline."""

    store: Store
    clock: Clock
    deadlines: Deadlines

    async def require(self, user_id: UserId, due_at: Millis | None, reason: str | None) -> Refused | None:
        """Set the deadline of an account; None stands for the end of the grace period that would begin now."""
        if self.deadlines.policy.mode == "off":
            return Refused(ErrorCode.VALIDATION_ERROR, _IS_OFF)
        now = self.clock.now()
        due_at = self.deadlines.policy.first_deadline(now) if due_at is None else due_at

        async def work(tx: Tx) -> bool:
            return await self.deadlines.require(tx, user_id, due_at, reason, now) is not None

        return None if await self.store.transact(work) else Refused(ErrorCode.USER_NOT_FOUND)

    async def exempt(self, user_id: UserId, reason: str | None) -> Refused | None:
        """Exempt an account from the policy, also after a change of the policy or a sign-in."""

        async def work(tx: Tx) -> bool:
            return await self.deadlines.exempt(tx, user_id, reason, self.clock.now()) is not None

        return None if await self.store.transact(work) else Refused(ErrorCode.USER_NOT_FOUND)

    async def begin_for_all(self) -> int | Refused:
        """Begin the grace period of every account to which the policy applies, without waiting for its next sign-in.

        Return the number of accounts whose deadline was stored. It may be run again, also after an interruption.
        """
        if self.deadlines.policy.mode != "all":
            return Refused(ErrorCode.VALIDATION_ERROR, _NOT_FOR_ALL)
        begun, last = 0, ""
        while True:
            batch = await sql.load_without_factor(self.store, last, _BATCH)
            for each in batch:
                if each.due_at is None and not each.is_exempt:
                    begun += await self._begin(each.id)
            if len(batch) < _BATCH:
                return begun
            last = batch[-1].id

    async def _begin(self, user_id: UserId) -> bool:
        async def work(tx: Tx) -> bool:
            return await self.deadlines.begin(tx, user_id, NO_CLIENT, self.clock.now()) is not None

        return await self.store.transact(work)
