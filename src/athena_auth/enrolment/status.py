"""The second factors of an account, for the owner's settings page."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.challenge.factor import Enrollable
from athena_auth.challenge.model import FactorName
from athena_auth.enrolment.service import Factors
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.ids import UserId
from athena_auth.otp.rules import masked
from athena_auth.store.transaction import Store, Tx
from athena_auth.trusted_devices import sql as trusted_devices


class TwoFactorStatus(msgspec.Struct, frozen=True):
    """The second factors of an account. It contains no secrets."""

    methods: tuple[str, ...]
    """What a challenge would offer now, in its order; empty while two-factor authentication is off."""
    backup_codes_left: int
    trusted_devices: int
    pending: str | None
    """The enrolment that a code has yet to confirm."""
    phone_number: str | None
    """The masked number to which codes are sent; None when they are sent by email."""

    @property
    def preferred(self) -> str | None:
        """The method to offer first: the authenticator app, otherwise sent codes."""
        return next((name for name in self.methods if name != FactorName.BACKUP_CODE), None)


@dataclass(frozen=True, slots=True)
class StatusService:
    """Collects the state of each factor."""

    factors: Factors
    store: Store
    clock: Clock

    async def load(self, signed_in: SignedIn) -> TwoFactorStatus:
        """Load the second factors of the account."""
        account, now = signed_in.account, self.clock.now()

        async def work(tx: Tx) -> TwoFactorStatus:
            number = await self.factors.otp.number(tx, account.id)
            return TwoFactorStatus(
                methods=await self._offered(tx, account) if account.two_factor_enabled else (),
                backup_codes_left=await self.factors.backup_codes.left(tx, account.id),
                trusted_devices=await trusted_devices.count_live(tx, account.id, now),
                pending=await self._pending(tx, account.id, now),
                phone_number=None if number is None else masked(number),
            )

        return await self.store.read(work)

    async def _offered(self, tx: Tx, account: Account) -> tuple[str, ...]:
        return tuple([each.name for each in self.factors.every if await each.is_available(tx, account)])

    async def _pending(self, tx: Tx, user_id: UserId, now: Millis) -> str | None:
        for factor in self.factors.every:
            if isinstance(factor, Enrollable) and await factor.is_pending(tx, user_id, now):
                return factor.name
        return None
