"""HTTP for authenticator apps."""

import asyncio
from dataclasses import dataclass

import msgspec
from msgspec import UNSET, UnsetType

from athena_auth import qr_code
from athena_auth.accounts.answers import PASSWORD_STEP_UP_ERRORS, UserAnswer, renewed_reply, user_answer
from athena_auth.accounts.model import SignedIn, audit_event
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.step_up_policy import Action, Authorized, StepUp, StepUpCredentials
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.factors.totp.factor import Totp
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.answers import SECOND_STEP_ERRORS, redirect_fields
from athena_auth.mfa.model import SecondFactorResult, SecondStepCaller
from athena_auth.mfa.routes import CodeBody, VerifyEndpoint
from athena_auth.store.transaction import Tx
from athena_auth.wire.bodies import PasswordBody
from athena_auth.wire.fields import (
    CallbackUrl,
    Done,
    QrCode,
    QrCodeWanted,
    Redirect,
    SessionToken,
    TotpUri,
    is_set,
)
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call


@dataclass(frozen=True, slots=True)
class TotpService:
    """Reveals the secret to its owner. `SecondStep` verifies the codes."""

    factor: Totp
    step_up: StepUp
    notifications: SecurityNotifications
    clock: Clock

    async def uri(self, signed_in: SignedIn, offered: StepUpCredentials) -> Authorized[str] | Refused:
        """Return the `otpauth` URI of the pending enrolment, otherwise of the active authenticator.

        The owner is notified if it is the active one: an attacker who has seen it can generate valid codes.
        """
        now = self.clock.now()

        async def work(tx: Tx, current: SignedIn) -> str | Refused:
            account = current.account
            revealed = await self.factor.uri(tx, account.id, account.email, now)
            if revealed is None:
                return Refused(ErrorCode.TOTP_NOT_ENABLED)
            if revealed.is_active:
                shown = audit_event(
                    signed_in, EventName.SECRET_REVEALED, authenticator_id=revealed.authenticator_id
                )
                audit.record(tx, shown, now)
                await self.notifications.notify(
                    tx, account, MessageKind.SECRET_REVEALED, signed_in.client, now
                )
            return revealed.uri

        return await self.step_up.act(Action.REVEAL_SECRET, signed_in, offered, work)


class TotpUriBody(PasswordBody, frozen=True, rename="camel"):
    """The account's password, a code if the session needs a fresh second factor, and whether to return a QR code."""

    qr_code: QrCodeWanted | None = None


class TotpUriAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The URI that an authenticator app reads from a QR code."""

    totp_uri: TotpUri = msgspec.field(name="totpURI")
    qr_code: QrCode | UnsetType = UNSET


class VerifyTotpBody(CodeBody, frozen=True, rename="camel"):
    """A code of the authenticator app."""


class VerifyTotpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The code was correct."""

    status: Done = True
    token: SessionToken
    user: UserAnswer
    redirect: Redirect = UNSET
    url: CallbackUrl | UnsetType = UNSET


async def qr_code_of(uri: str | UnsetType, wanted: bool | str | None) -> str | UnsetType:  # noqa: FBT001 - a `Flag`
    """Return the QR code of a URI, if there is one and the request asked for it.

    It is rendered in a thread, because rendering takes as long as several requests.
    """
    if isinstance(uri, UnsetType) or not is_set(wanted):
        return UNSET
    return await asyncio.to_thread(qr_code.data_uri, uri)


class TotpApi:
    """The routes of authenticator apps."""

    def __init__(
        self,
        service: TotpService,
        factor: Totp,
        endpoint: VerifyEndpoint,
    ) -> None:
        self._service = service
        self._factor = factor
        self._endpoint = endpoint

    @post(
        "/two-factor/get-totp-uri",
        errors=(*PASSWORD_STEP_UP_ERRORS, ErrorCode.TOTP_NOT_ENABLED),
        limit=SECOND_STEP,
    )
    async def get_totp_uri(self, call: Call[SignedIn, TotpUriBody]) -> Reply[TotpUriAnswer] | Refused:
        """Get the URI that an authenticator app reads from a QR code.

        Of the pending enrolment or, without one, of the active app that was added last. With `qrCode`, get the QR code too.
        """
        offered = StepUpCredentials(call.body.password, call.body.code)
        shown = await self._service.uri(call.principal, offered)
        if isinstance(shown, Refused):
            return shown
        answer = TotpUriAnswer(shown.outcome, await qr_code_of(shown.outcome, call.body.qr_code))
        return renewed_reply(answer, call.principal, shown.signed_in)

    @post(
        "/two-factor/verify-totp",
        errors=(
            *SECOND_STEP_ERRORS,
            ErrorCode.TOTP_NOT_ENABLED,
            ErrorCode.INVALID_CODE,
            ErrorCode.TOO_MANY_AUTHENTICATORS,
        ),
        limit=SECOND_STEP,
    )
    async def verify_totp(
        self, call: Call[SecondStepCaller, VerifyTotpBody]
    ) -> Reply[VerifyTotpAnswer] | Refused:
        """Verify a code of an authenticator app.

        Of any app of the account that is not suspended. With a challenge, it completes the sign-in. With a session, it confirms an enrolment or verifies the factor
        again (step-up). Each code is accepted once. If a code for a pending enrolment is correct for a time up to ten
        minutes away, the refusal says how far the device's clock is off. At sign-in it does not.
        """
        return await self._endpoint.respond(self._factor, call, _answer)


def _answer(result: SecondFactorResult) -> VerifyTotpAnswer:
    redirect, url = redirect_fields(result.callback_url)
    return VerifyTotpAnswer(token=result.token, user=user_answer(result.account), redirect=redirect, url=url)
