"""HTTP for the state of an account's second factors."""

from dataclasses import dataclass
from typing import Annotated, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from athena_auth.accounts.enforcement.rules import EnforcementPolicy
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.enrolment.required import RequiredEnrolment
from athena_auth.enrolment.service import EnrollableFactor, Factors
from athena_auth.factors.otp.factor import masked
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import Refused
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.answers import factor_name, factor_names
from athena_auth.mfa.model import FactorName, preferred_method
from athena_auth.store.transaction import Store, Tx
from athena_auth.trusted_devices import sql as trusted_devices
from athena_auth.wire.fields import CodesLeft, SecondFactorDueAt, TwoFactorEnabled, timestamp
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, EnrolmentBearer, NoBody


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
    apps: int
    """The number of authenticator apps that are not suspended."""


@dataclass(frozen=True, slots=True)
class StatusService:
    """Collects the state of each factor."""

    factors: Factors
    store: Store
    clock: Clock

    async def load(self, account: Account) -> TwoFactorStatus:
        """Load the second factors of the account."""
        now, offered, codes = self.clock.now(), self.factors.offered, self.factors.backup_codes

        async def work(tx: Tx) -> TwoFactorStatus:
            number = await self.factors.otp.number(tx, account.id)
            return TwoFactorStatus(
                methods=await offered.available(tx, account) if account.two_factor_enabled else (),
                backup_codes_left=await codes.left(tx, account.id) if offered.has(codes.name) else 0,
                trusted_devices=await trusted_devices.count_live(tx, account.id, now),
                pending=await self._pending(tx, account.id, now),
                phone_number=None if number is None else masked(number),
                apps=await self.factors.totp.count(tx, account.id),
            )

        return await self.store.read(work)

    async def _pending(self, tx: Tx, user_id: UserId, now: Millis) -> str | None:
        for name, factor in self.factors.offered.enrollable.items():
            if await factor.is_pending(tx, user_id, now):
                return name
        return None


class TwoFactorStatusAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The second factors of the account."""

    enabled: TwoFactorEnabled
    methods: Annotated[
        tuple[FactorName, ...],
        Meta(
            description="The factors that a sign-in would offer now.",
            examples=[["totp", "otp", "backup-code"]],
        ),
    ]
    preferred_method: Annotated[
        FactorName | None,
        Meta(
            description="The factor to offer first: the owner's choice as long as it is available, otherwise the first "
            "one. Null while two-factor authentication is off.",
            examples=["totp"],
        ),
    ]
    backup_codes_left: CodesLeft
    trusted_devices: Annotated[int, Meta(description="The number of trusted devices.", examples=[1])]
    pending_enrolment: Annotated[
        EnrollableFactor | None,
        Meta(
            description="The factor that /two-factor/enable has begun and a code has yet to confirm.",
            examples=[None],
        ),
    ]
    phone_number: Annotated[
        str | None,
        Meta(
            description="The masked phone number to which codes are sent; null when they are sent by email.",
            examples=["+49*********78"],
        ),
    ]
    authenticator_apps: Annotated[
        int, Meta(description="The number of authenticator apps that are not suspended.", examples=[1])
    ]
    has_password: Annotated[
        bool,
        Meta(
            description="Whether the account has a password. If not, its owner signs in with passkeys, and calls that take a "
            "`password` take a passkey instead, one that has verified its user in this session in the last ten minutes.",
            examples=[True],
        ),
    ]
    second_factor_due_at: SecondFactorDueAt | UnsetType = UNSET


class StatusApi:
    """The route of the status."""

    def __init__(
        self, service: StatusService, required: RequiredEnrolment, policy: EnforcementPolicy
    ) -> None:
        self._service = service
        self._required = required
        self._policy = policy

    @get("/two-factor/status")
    async def status(
        self, call: Call[SignedIn | EnrolmentBearer, NoBody]
    ) -> Reply[TwoFactorStatusAnswer] | Refused:
        """Get the state of the second factors.

        For the settings page of the account owner. The response contains no secrets.
        """
        principal = call.principal
        account = (
            await self._required.owner_of(principal)
            if isinstance(principal, EnrolmentBearer)
            else principal.account
        )
        if isinstance(account, Refused):
            return account
        found = await self._service.load(account)
        due_at = self._policy.due_at(account)
        preferred = preferred_method(found.methods, account)
        return Reply(
            TwoFactorStatusAnswer(
                enabled=account.two_factor_enabled,
                methods=factor_names(found.methods),
                preferred_method=factor_name(preferred),
                backup_codes_left=found.backup_codes_left,
                trusted_devices=found.trusted_devices,
                pending_enrolment=cast("EnrollableFactor | None", found.pending),
                phone_number=found.phone_number,
                second_factor_due_at=UNSET if due_at is None else timestamp(due_at),
                authenticator_apps=found.apps,
                has_password=account.has_password,
            )
        )
