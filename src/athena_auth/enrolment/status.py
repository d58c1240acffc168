"""What an account has for a second factor: what its owner's settings page shows."""

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
    """An account's second factor. There is nothing secret in it."""

    methods: tuple[str, ...]
    """What a challenge would offer now, in its order; nothing while no second factor is on."""
    backup_codes_left: int
    trusted_devices: int
    pending: str | None
    """The enrolment that waits for its code."""
    phone_number: str | None
    """Where sent codes go, masked; None when they go by mail."""

    @property
    def preferred(self) -> str | None:
        """The method to offer first: the authenticator app, else sent codes."""
        return next((name for name in self.methods if name != FactorName.BACKUP_CODE), None)


class StatusService:
    """Puts together what each factor has to say."""

    def __init__(self, factors: Factors, store: Store, clock: Clock) -> None:
        """Take the factors, the database and the clock."""
        self._factors = factors
        self._store = store
        self._clock = clock

    async def load(self, signed_in: SignedIn) -> TwoFactorStatus:
        """Return the status of the account."""
        account, now = signed_in.account, self._clock.now()

        async def work(tx: Tx) -> TwoFactorStatus:
            number = await self._factors.otp.number(tx, account.id)
            return TwoFactorStatus(
                methods=await self._offered(tx, account) if account.two_factor_enabled else (),
                backup_codes_left=await self._factors.backup_codes.left(tx, account.id),
                trusted_devices=await trusted_devices.count_live(tx, account.id, now),
                pending=await self._pending(tx, account.id, now),
                phone_number=None if number is None else masked(number),
            )

        return await self._store.read(work)

    async def _offered(self, tx: Tx, account: Account) -> tuple[str, ...]:
        return tuple([each.name for each in self._factors.every if await each.is_available(tx, account)])

    async def _pending(self, tx: Tx, user_id: UserId, now: Millis) -> str | None:
        for factor in self._factors.every:
            if isinstance(factor, Enrollable) and await factor.is_pending(tx, user_id, now):
                return factor.name
        return None
