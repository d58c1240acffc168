"""HTTP for the state of the second factor."""

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
    """What the account has for a second factor."""

    enabled: TwoFactorEnabled
    methods: Annotated[
        tuple[FactorName, ...],
        Meta(
            description="What a sign-in would offer now.",
            examples=[["totp", "otp", "backup-code"]],
        ),
    ]
    preferred_method: Annotated[
        FactorName | None,
        Meta(description="What to offer first; null while nothing is on.", examples=["totp"]),
    ]
    backup_codes_left: CodesLeft
    trusted_devices: Annotated[int, Meta(description="How many there are.", examples=[1])]
    pending_enrolment: Annotated[
        EnrollableFactor | None,
        Meta(description="What was begun by /two-factor/enable and waits for its code.", examples=[None]),
    ]
    phone_number: Annotated[
        str | None,
        Meta(
            description="Where sent codes go by text message, masked; null when they go by mail.",
            examples=["+49*********78"],
        ),
    ]


class StatusApi:
    """The route that tells how things stand."""

    def __init__(self, service: StatusService) -> None:
        """Take the use case."""
        self._service = service

    @get("/two-factor/status")
    async def status(self, call: Call[SignedIn, NoBody]) -> Reply[TwoFactorStatusAnswer]:
        """Say what is on.

        For the page where the owner sees to her second factor. It holds nothing secret.
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
