"""HTTP for turning the second factor on and off."""

from enum import StrEnum
from typing import Annotated, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from athena_auth.accounts.answers import renewed_reply, session_reply
from athena_auth.accounts.errors import PASSWORD_STEP_UP_ERRORS
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.step_up import Offered
from athena_auth.enrolment.service import EnrollableFactor, EnrolmentService
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.wire.bodies import PasswordBody, StatusAnswer
from athena_auth.wire.fields import BackupCodeList, Issuer, Password, StepUpCode, TotpUri
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import CookieName, Reply, expired
from athena_auth.wire.route import Call, Route

PhoneNumber = Annotated[
    str,
    Meta(
        # E.164: the country code, and no more than fifteen digits. [0-9], since to Python \d is also ٣.
        pattern=r"^\+[1-9][0-9]{6,14}$(?!\n)",
        description="For the method `otp`: send codes by text message to this number, with its country code and "
        "without spaces, once a code sent there has confirmed it. Only where the operator has set a text gateway.",
        examples=["+4915112345678"],
    ),
]


class EnableBody(msgspec.Struct, frozen=True, rename="camel"):
    """The password, and what to turn on."""

    password: Password
    code: StepUpCode | None = None
    issuer: Issuer | None = None
    method: Annotated[EnrollableFactor, Meta(description="Which factor to turn on.", examples=["totp"])] = (
        EnrollableFactor.TOTP
    )
    phone_number: PhoneNumber | None = None


class EnableAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What to show the owner, this once; without `totpURI` for the method `otp`."""

    totp_uri: TotpUri | UnsetType = msgspec.field(name="totpURI", default=UNSET)
    backup_codes: BackupCodeList
    method: Annotated[EnrollableFactor, Meta(examples=["totp"])]
    confirmation_pending: Annotated[
        bool,
        Meta(
            description="Whether a code must confirm it: until then two-factor authentication is as it was.",
            examples=[True],
        ),
    ]


def with_methods(route: Route, names: tuple[str, ...]) -> Route:
    """Return the route of `enable` as a server takes it that has factors of its own; others have what the schema says."""
    methods = StrEnum("EnrollableMethod", {name.upper().replace("-", "_"): name for name in names})  # type: ignore[misc]
    field = (
        "method",
        Annotated[methods, Meta(description="Which factor to turn on.")],
        methods(EnrollableFactor.TOTP),
    )
    body = msgspec.defstruct("EnableBody", [field], bases=(EnableBody,), frozen=True, rename="camel")
    return msgspec.structs.replace(route, body=body)


class EnrolmentApi:
    """The routes that turn the second factor on and off."""

    def __init__(self, service: EnrolmentService) -> None:
        """Take the use cases."""
        self._service = service

    @post(
        "/two-factor/enable",
        errors=(*PASSWORD_STEP_UP_ERRORS, ErrorCode.TOO_MANY_REQUESTS),
        limit=SECOND_STEP,
    )
    async def enable(self, call: Call[SignedIn, EnableBody]) -> Reply[EnableAnswer] | Refused:
        """Begin to turn a second factor on.

        The new secret and the new backup codes take effect when a code confirms them (/two-factor/verify-totp,
        or verify-otp for the method `otp`, which is sent a code at once); until then whatever was on stays on.
        For the method `otp` without a phone number and a verified address it takes effect at once.
        """
        body = call.body
        begun = await self._service.enable(
            call.principal,
            Offered(body.password, body.code),
            body.method,
            issuer=body.issuer,
            number=body.phone_number,
        )
        if isinstance(begun, Refused):
            return begun
        enrolment = begun.outcome
        shown = dict(enrolment.shown)
        answer = EnableAnswer(
            totp_uri=shown.pop("totpURI", UNSET),
            backup_codes=enrolment.backup_codes,
            method=body.method,
            confirmation_pending=enrolment.is_pending,
        )
        if shown:
            # What a factor of the host's shows has no field in the schema.
            answer = cast("EnableAnswer", msgspec.to_builtins(answer) | shown)
        return renewed_reply(answer, call.principal, begun.signed_in)

    @post("/two-factor/disable", errors=PASSWORD_STEP_UP_ERRORS, limit=SECOND_STEP)
    async def disable(self, call: Call[SignedIn, PasswordBody]) -> Reply[StatusAnswer] | Refused:
        """Turn the second factor off.

        Removes every factor, backup code and trusted device, and ends all other sessions.
        """
        done = await self._service.disable(call.principal, Offered(call.body.password, call.body.code))
        if isinstance(done, Refused):
            return done
        return session_reply(StatusAnswer(), done.signed_in, expired(CookieName.TRUSTED_DEVICE))
