"""What every endpoint of a second factor does, and the endpoints of factors that a host adds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.mfa.answers import (
    SECOND_STEP_ERRORS,
    SignInCookies,
    TokenUserAnswer,
    forgotten_enrolment,
    minted_cookies,
    token_user_answer,
)
from athena_auth.mfa.factor import Factor, Prompting, RawResponse
from athena_auth.mfa.model import SecondFactorResult, SecondStepCaller
from athena_auth.mfa.prompts import Prompts
from athena_auth.mfa.second_step import SecondStep
from athena_auth.mfa.submission import Submitted
from athena_auth.sessions.model import Minted
from athena_auth.wire.fields import Code, Done, JsonObject, TrustDevice, is_set
from athena_auth.wire.handlers import post, routes_of
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody, Route

A = TypeVar("A", bound=msgspec.Struct)


class CodeBody(msgspec.Struct, frozen=True, rename="camel"):
    """A code."""

    code: Code
    trust_device: TrustDevice | None = None


@dataclass(frozen=True, slots=True)
class VerifyEndpoint:
    """What every endpoint that verifies a second factor does."""

    second_step: SecondStep
    cookies: SignInCookies

    async def respond(
        self,
        factor: Factor[Any],
        call: Call[SecondStepCaller, Any],
        answer: Callable[[SecondFactorResult], A],
        *,
        response: RawResponse | None = None,
        set_session: bool = True,
    ) -> Reply[A] | Refused:
        """Verify the response, by default the `code` of the body, and return the reply with the cookies it sets.

        Unless `set_session`, the session token is in the body only, not in a cookie.
        """
        body = call.body
        submitted = Submitted(body.code if response is None else response, is_set(body.trust_device))
        result = await self.second_step.verify(factor, call.principal, submitted)
        if isinstance(result, Refused):
            return result
        minted = minted_cookies(Minted(result.session, result.token))
        trust = () if result.trust_token is None else (self.cookies.trust(result.trust_token),)
        recognition = self.cookies.recognition(result.account, call.caller)
        shown = (*(minted if set_session else minted[1:]), *forgotten_enrolment(call.caller))
        cookies = (*shown, *trust, recognition)
        return Reply(answer(result), cookies, session_token=result.token)


class VerifyResponseBody(msgspec.Struct, frozen=True, rename="camel"):
    """A code, or the response of a factor whose responses are JSON objects; one of the two."""

    code: Code | None = None
    response: JsonObject | None = None
    trust_device: TrustDevice | None = None


class _VerifyApi:
    """The endpoint that verifies a host's factor: `/two-factor/verify-` and its name."""

    def __init__(self, factor: Factor[Any], endpoint: VerifyEndpoint) -> None:
        self._factor = factor
        self._endpoint = endpoint

    @post(
        "/two-factor/verify",
        errors=(*SECOND_STEP_ERRORS, ErrorCode.INVALID_CODE, ErrorCode.CHALLENGE_NOT_FOUND),
        limit=SECOND_STEP,
    )
    async def verify(
        self, call: Call[SecondStepCaller, VerifyResponseBody]
    ) -> Reply[TokenUserAnswer] | Refused:
        """Verify a response.

        With a challenge it signs in; with a session it confirms an enrolment that was begun by /two-factor/enable, or
        verifies the factor again.
        """
        code, response = call.body.code, call.body.response
        if (code is None) is (response is None):
            return Refused(ErrorCode.VALIDATION_ERROR, Text("Send either `code` or `response`."))
        return await self._endpoint.respond(
            self._factor, call, token_user_answer, response=code if response is None else response
        )


class PromptAnswer(msgspec.Struct, frozen=True):
    """What to respond to; no options if a code was sent."""

    status: Done = True
    options: JsonObject = {}


class _PromptApi:
    """The endpoint that prompts for a host's factor: `/two-factor/prompt-` and its name."""

    def __init__(self, factor: Prompting[Any], prompts: Prompts) -> None:
        self._factor = factor
        self._prompts = prompts

    @post(
        "/two-factor/prompt",
        errors=(
            ErrorCode.METHOD_NOT_AVAILABLE,
            ErrorCode.INVALID_TWO_FACTOR_COOKIE,
            ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE,
            ErrorCode.TWO_FACTOR_NOT_ENABLED,
            ErrorCode.TOO_MANY_REQUESTS,
        ),
        limit=SECOND_STEP,
    )
    async def prompt(self, call: Call[SecondStepCaller, NoBody]) -> Reply[PromptAnswer] | Refused:
        """Get what to respond to.

        It is valid only in the challenge or session that requested it, and replaces the previous one.
        """
        prompted = await self._prompts.prompt(self._factor, call.principal)
        return prompted if isinstance(prompted, Refused) else Reply(PromptAnswer(options=prompted.shown))


def routes_of_factor(factor: Factor[Any], endpoint: VerifyEndpoint, prompts: Prompts) -> tuple[Route, ...]:
    """Return the routes of a factor that a host adds, at paths that end in its name."""
    apis: list[object] = [_VerifyApi(factor, endpoint)]
    if isinstance(factor, Prompting):
        apis.append(_PromptApi(factor, prompts))
    return tuple(
        msgspec.structs.replace(route, path=f"{route.path}-{factor.name}") for route in routes_of(*apis)
    )
