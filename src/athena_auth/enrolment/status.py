"""The second factors of an account, for the owner's settings page."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.model import SignedIn
from athena_auth.authenticators import sql as authenticators
from athena_auth.authenticators.model import active, pending
from athena_auth.challenge.model import FactorName
from athena_auth.enrolment.service import EnrollableFactor, Factors
from athena_auth.kernel.clock import Clock
from athena_auth.otp.rules import masked
from athena_auth.store.transaction import Store, Tx
from athena_auth.trusted_devices import sql as trusted_devices


class TwoFactorStatus(msgspec.Struct, frozen=True):
    """The second factors of an account. It contains no secrets."""

    methods: tuple[FactorName, ...]
    """What a challenge would offer now, in its order; empty while two-factor authentication is off."""
    backup_codes_left: int
    trusted_devices: int
    pending: EnrollableFactor | None
    """The enrolment that a code has yet to confirm."""
    phone_number: str | None
    """The masked number to which codes are sent; None when they are sent by email."""

    @property
    def preferred(self) -> FactorName | None:
        """The method to offer first: the authenticator app, otherwise sent codes."""
        return next((name for name in self.methods if name is not FactorName.BACKUP_CODE), None)


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
            enrolled = await authenticators.load(tx, account.id)
            pending_totp = pending(enrolled, FactorName.TOTP, now) is not None
            codes_left = await self.factors.backup_codes.left(tx, account.id)
            otp_pending = await self.factors.otp.is_pending(tx, account.id, now)
            number = await self.factors.otp.number(tx, account.id)
            offered = {
                FactorName.TOTP: active(enrolled, FactorName.TOTP) is not None,
                FactorName.OTP: await self.factors.otp.is_available(tx, account),
                FactorName.BACKUP_CODE: codes_left > 0,
            }
            return TwoFactorStatus(
                methods=tuple(name for name in offered if account.two_factor_enabled and offered[name]),
                backup_codes_left=codes_left,
                trusted_devices=await trusted_devices.count_live(tx, account.id, now),
                pending=_pending(totp=pending_totp, otp=otp_pending),
                phone_number=None if number is None else masked(number),
            )

        return await self.store.read(work)


def _pending(*, totp: bool, otp: bool) -> EnrollableFactor | None:
    if totp:
        return EnrollableFactor.TOTP
    return EnrollableFactor.OTP if otp else None
