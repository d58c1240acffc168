"""HTTP for sent codes."""

import msgspec

from athena_auth.challenge.answers import SecondFactorReply, TokenUserAnswer, token_user_answer
from athena_auth.challenge.errors import SECOND_STEP_ERRORS
from athena_auth.challenge.second_step import Principal, SubmittedCode
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.otp.service import OtpService
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.fields import Code, TrustDevice, is_set
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody


class VerifyOtpBody(msgspec.Struct, frozen=True, rename="camel"):
    """A sent code."""

    code: Code
    trust_device: TrustDevice | None = None


class OtpApi:
    """The routes of sent codes."""

    def __init__(self, service: OtpService, second_factor_reply: SecondFactorReply) -> None:
        self._service = service
        self._second_factor_reply = second_factor_reply

    @post(
        "/two-factor/send-otp",
        errors=(
            ErrorCode.INVALID_TWO_FACTOR_COOKIE,
            ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE,
            ErrorCode.OTP_NOT_CONFIGURED,
            ErrorCode.TWO_FACTOR_NOT_ENABLED,
            ErrorCode.TOO_MANY_REQUESTS,
        ),
        limit=SECOND_STEP,
    )
    async def send_otp(self, call: Call[Principal, NoBody]) -> Reply[StatusAnswer] | Refused:
        """Send a code.

        By email, or by text message if the owner has confirmed a phone number. The code is valid only in the
        challenge or session that requested it, and replaces the previous one.
        """
        refused = await self._service.send(call.principal)
        return refused or Reply(StatusAnswer())

    @post(
        "/two-factor/verify-otp",
        errors=(*SECOND_STEP_ERRORS, ErrorCode.OTP_HAS_EXPIRED, ErrorCode.INVALID_CODE),
        limit=SECOND_STEP,
    )
    async def verify_otp(self, call: Call[Principal, VerifyOtpBody]) -> Reply[TokenUserAnswer] | Refused:
        """Verify a sent code.

        With a challenge, it completes the sign-in. With a session, it confirms an enrolment that /two-factor/enable
        has begun, or verifies the factor again (step-up).
        """
        submitted = SubmittedCode(call.body.code, is_set(call.body.trust_device))
        result = await self._service.verify(call.principal, submitted)
        if isinstance(result, Refused):
            return result
        return self._second_factor_reply.build(result, token_user_answer(result), call.caller)
