"""HTTP for the state of an account's second factors."""

from typing import Annotated, cast

import msgspec
from msgspec import Meta

from athena_auth.accounts.model import SignedIn
from athena_auth.challenge.answers import factor_names
from athena_auth.challenge.model import FactorName
from athena_auth.enrolment.service import EnrollableFactor
from athena_auth.enrolment.status import StatusService
from athena_auth.wire.fields import CodesLeft, TwoFactorEnabled
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody


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
            description="The factor to offer first; null while two-factor authentication is off.",
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


class StatusApi:
    """The route of the status."""

    def __init__(self, service: StatusService) -> None:
        self._service = service

    @get("/two-factor/status")
    async def status(self, call: Call[SignedIn, NoBody]) -> Reply[TwoFactorStatusAnswer]:
        """Get the state of the second factors.

        For the settings page of the account owner. The response contains no secrets.
        """
        found = await self._service.load(call.principal)
        return Reply(
            TwoFactorStatusAnswer(
                enabled=call.principal.account.two_factor_enabled,
                methods=factor_names(found.methods),
                preferred_method=cast("FactorName | None", found.preferred),
                backup_codes_left=found.backup_codes_left,
                trusted_devices=found.trusted_devices,
                pending_enrolment=cast("EnrollableFactor | None", found.pending),
                phone_number=found.phone_number,
            )
        )
