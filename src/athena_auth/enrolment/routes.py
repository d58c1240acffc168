"""HTTP for turning two-factor authentication on and off."""

from enum import StrEnum
from typing import Annotated, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from athena_auth.accounts.answers import PASSWORD_STEP_UP_ERRORS, renewed_reply, session_reply
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.step_up_policy import PASSWORD_MISSING, StepUpCredentials
from athena_auth.enrolment.required import RequiredEnrolment
from athena_auth.enrolment.service import EnrollableFactor, Enrolment, EnrolmentService
from athena_auth.factors.passkeys.answers import CreationOptions
from athena_auth.factors.totp.routes import qr_code_of
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.factor import EnrolmentOptions
from athena_auth.wire.bodies import PasswordBody, StatusAnswer
from athena_auth.wire.fields import (
    BackupCodeList,
    Issuer,
    Label,
    PasswordIfAny,
    QrCode,
    QrCodeWanted,
    StepUpCode,
    TotpUri,
)
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import CookieName, Reply, expired
from athena_auth.wire.route import Call, EnrolmentBearer, Route

PhoneNumber = Annotated[
    str,
    Meta(
        # E.164: the country code and at most fifteen digits. [0-9], because \d in Python also matches ٣.
        pattern=r"^\+[1-9][0-9]{6,14}$(?!\n)",
        description="For the method `otp`: the number to send codes to by text message, with country code and without "
        "spaces. A code sent there must confirm it. Available only if the operator has configured a text gateway.",
        examples=["+4915112345678"],
    ),
]


class EnableBody(msgspec.Struct, frozen=True, rename="camel"):
    """The password, and the factor to turn on."""

    password: PasswordIfAny | None = None
    code: StepUpCode | None = None
    issuer: Issuer | None = None
    method: Annotated[EnrollableFactor, Meta(description="The factor to turn on.", examples=["totp"])] = (
        EnrollableFactor.TOTP
    )
    phone_number: PhoneNumber | None = None
    label: Label | None = None
    qr_code: QrCodeWanted | None = None


class EnableAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The new credentials, which are shown only in this response; `totpURI` only for the method `totp`."""

    totp_uri: TotpUri | UnsetType = msgspec.field(name="totpURI", default=UNSET)
    qr_code: QrCode | UnsetType = UNSET
    backup_codes: BackupCodeList
    options: CreationOptions | UnsetType = UNSET
    method: Annotated[EnrollableFactor, Meta(examples=["totp"])]
    confirmation_pending: Annotated[
        bool,
        Meta(
            description="Whether a code must confirm the factor first. Until then two-factor authentication is unchanged.",
            examples=[True],
        ),
    ]


def with_methods(route: Route, names: tuple[str, ...]) -> Route:
    """Return the route of `enable` with the factors of this server, which may include those of the host."""
    methods = StrEnum("EnrollableMethod", {name.upper().replace("-", "_"): name for name in names})  # type: ignore[misc]
    method = Annotated[methods, Meta(description="Which factor to turn on.")]
    fields = [("method", method, methods(EnrollableFactor.TOTP))]
    body = msgspec.defstruct("EnableBody", fields, bases=(EnableBody,), frozen=True, rename="camel")
    return msgspec.structs.replace(route, body=body)


class EnrolmentApi:
    """The routes that turn two-factor authentication on and off."""

    def __init__(self, service: EnrolmentService, required: RequiredEnrolment) -> None:
        self._service = service
        self._required = required

    @post(
        "/two-factor/enable",
        errors=(*PASSWORD_STEP_UP_ERRORS, ErrorCode.METHOD_NOT_AVAILABLE, ErrorCode.TOO_MANY_REQUESTS),
        limit=SECOND_STEP,
    )
    async def enable(
        self, call: Call[SignedIn | EnrolmentBearer, EnableBody]
    ) -> Reply[EnableAnswer] | Refused:
        """Begin to enrol a second factor.

        The new secret and backup codes take effect when a code confirms them (/two-factor/verify-totp, or
        /two-factor/verify-otp for the method `otp`, whose first code is sent at once). Until then the current factors
        stay active. A confirmed app then replaces all apps of the account; /two-factor/add-authenticator adds one.
        The method `otp` takes effect at once if the email address is verified and no phone number is
        given. For the method `passkey`, a new passkey that answers the `options` confirms it (/two-factor/verify-passkey);
        if the account has passkeys and no second factor yet, these become it at once. With an enrolment token, a code or a
        new passkey must always confirm the factor, and completes the sign-in.
        """
        principal, body = call.principal, call.body
        options = EnrolmentOptions(body.issuer, body.phone_number, body.label)
        if isinstance(principal, EnrolmentBearer):
            if body.password is None:
                return PASSWORD_MISSING
            enrolment = await self._required.begin(principal, body.password, body.method, options)
            return enrolment if isinstance(enrolment, Refused) else Reply(await _answer(enrolment, body))
        offered = StepUpCredentials(body.password, body.code)
        begun = await self._service.enable(principal, offered, body.method, options)
        if isinstance(begun, Refused):
            return begun
        return renewed_reply(await _answer(begun.outcome, body), principal, begun.signed_in)

    @post(
        "/two-factor/disable",
        errors=(*PASSWORD_STEP_UP_ERRORS, ErrorCode.CREDENTIAL_ACCOUNT_NOT_FOUND),
        limit=SECOND_STEP,
    )
    async def disable(self, call: Call[SignedIn, PasswordBody]) -> Reply[StatusAnswer] | Refused:
        """Turn two-factor authentication off.

        Removes all factors, backup codes and trusted devices, and ends all other sessions. An account without a password
        must set one first (/set-password).
        """
        done = await self._service.disable(
            call.principal, StepUpCredentials(call.body.password, call.body.code)
        )
        if isinstance(done, Refused):
            return done
        return session_reply(StatusAnswer(), done.signed_in, expired(CookieName.TRUSTED_DEVICE))


async def _answer(enrolment: Enrolment, body: EnableBody) -> EnableAnswer:
    shown = dict(enrolment.shown)
    uri, options = shown.pop("totpURI", UNSET), shown.pop("options", UNSET)
    answer = EnableAnswer(
        totp_uri=uri,
        qr_code=await qr_code_of(uri, body.qr_code),
        backup_codes=enrolment.backup_codes,
        options=options,
        method=body.method,
        confirmation_pending=enrolment.is_pending,
    )
    if shown:
        # The schema has no fields for what a host's factor shows.
        answer = cast("EnableAnswer", msgspec.to_builtins(answer) | shown)
    return answer
