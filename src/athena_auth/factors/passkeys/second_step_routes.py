"""HTTP for passkeys as a second factor."""

import msgspec

from athena_auth.factors.passkeys.answers import CredentialJson, RequestOptions
from athena_auth.factors.passkeys.factor import Passkeys
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.answers import SECOND_STEP_ERRORS, TokenUserAnswer, token_user_answer
from athena_auth.mfa.model import SecondStepCaller
from athena_auth.mfa.prompts import Prompts
from athena_auth.mfa.routes import VerifyEndpoint
from athena_auth.wire.fields import Done, TrustDevice
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody


class PromptPasskeyAnswer(msgspec.Struct, frozen=True):
    """The options for using a passkey of the account."""

    options: RequestOptions
    status: Done = True


class VerifyPasskeyBody(msgspec.Struct, frozen=True, rename="camel"):
    """The response of an authenticator."""

    response: CredentialJson
    trust_device: TrustDevice | None = None


class PasskeySecondStepApi:
    """The routes of passkeys in the second step."""

    def __init__(self, factor: Passkeys, prompts: Prompts, endpoint: VerifyEndpoint) -> None:
        self._factor = factor
        self._prompts = prompts
        self._endpoint = endpoint

    @post(
        "/two-factor/prompt-passkey",
        errors=(
            ErrorCode.METHOD_NOT_AVAILABLE,
            ErrorCode.INVALID_TWO_FACTOR_COOKIE,
            ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE,
            ErrorCode.PASSKEY_NOT_FOUND,
            ErrorCode.TOO_MANY_REQUESTS,
        ),
        limit=SECOND_STEP,
    )
    async def prompt_passkey(
        self, call: Call[SecondStepCaller, NoBody]
    ) -> Reply[PromptPasskeyAnswer] | Refused:
        """Get the options for using a passkey as the second factor.

        They are valid for five minutes, for one response, and only in the challenge or session that requested them.
        """
        prompted = await self._prompts.prompt(self._factor, call.principal)
        return prompted if isinstance(prompted, Refused) else Reply(PromptPasskeyAnswer(prompted.shown))

    @post(
        "/two-factor/verify-passkey",
        errors=(
            *SECOND_STEP_ERRORS,
            ErrorCode.CHALLENGE_NOT_FOUND,
            ErrorCode.AUTHENTICATION_FAILED,
            ErrorCode.FAILED_TO_VERIFY_REGISTRATION,
            ErrorCode.AUTHENTICATOR_NOT_ALLOWED,
            ErrorCode.PREVIOUSLY_REGISTERED,
            ErrorCode.TOO_MANY_PASSKEYS,
        ),
        limit=SECOND_STEP,
    )
    async def verify_passkey(
        self, call: Call[SecondStepCaller, VerifyPasskeyBody]
    ) -> Reply[TokenUserAnswer] | Refused:
        """Verify a passkey as the second factor.

        With a challenge, it completes the sign-in. With a session, it verifies the factor again (step-up), or confirms an
        enrolment with the new passkey that answers the `options` of `/two-factor/enable`. With an enrolment token, that new
        passkey completes the sign-in.
        """
        response = call.body.response
        return await self._endpoint.respond(self._factor, call, token_user_answer, response=response)
