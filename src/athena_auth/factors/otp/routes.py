"""HTTP for sent codes."""

from athena_auth.factors.otp.factor import Otp
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.answers import SECOND_STEP_ERRORS, TokenUserAnswer, token_user_answer
from athena_auth.mfa.model import SecondStepCaller
from athena_auth.mfa.prompts import Prompts
from athena_auth.mfa.routes import CodeBody, VerifyEndpoint
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody


class VerifyOtpBody(CodeBody, frozen=True, rename="camel"):
    """A sent code."""


class OtpApi:
    """The routes of sent codes."""

    def __init__(
        self,
        factor: Otp,
        prompts: Prompts,
        endpoint: VerifyEndpoint,
    ) -> None:
        self._factor = factor
        self._prompts = prompts
        self._endpoint = endpoint

    @post(
        "/two-factor/send-otp",
        errors=(
            ErrorCode.METHOD_NOT_AVAILABLE,
            ErrorCode.INVALID_TWO_FACTOR_COOKIE,
            ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE,
            ErrorCode.OTP_NOT_CONFIGURED,
            ErrorCode.TWO_FACTOR_NOT_ENABLED,
            ErrorCode.TOO_MANY_REQUESTS,
        ),
        limit=SECOND_STEP,
    )
    async def send_otp(self, call: Call[SecondStepCaller, NoBody]) -> Reply[StatusAnswer] | Refused:
        """Send a code.

        By email, or by text message if the owner has confirmed a phone number. The code is valid only in the
        challenge or session that requested it, and replaces the previous one.
        """
        prompted = await self._prompts.prompt(self._factor, call.principal)
        return prompted if isinstance(prompted, Refused) else Reply(StatusAnswer())

    @post(
        "/two-factor/verify-otp",
        errors=(*SECOND_STEP_ERRORS, ErrorCode.OTP_HAS_EXPIRED, ErrorCode.INVALID_CODE),
        limit=SECOND_STEP,
    )
    async def verify_otp(
        self, call: Call[SecondStepCaller, VerifyOtpBody]
    ) -> Reply[TokenUserAnswer] | Refused:
        """Verify a sent code.

        With a challenge, it completes the sign-in. With a session, it confirms an enrolment that /two-factor/enable
        has begun, or verifies the factor again (step-up).
        """
        return await self._endpoint.respond(self._factor, call, token_user_answer)
