"""HTTP for factors that a host adds: each is verified at `/two-factor/verify-` and its name."""

import msgspec

from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.mfa.answers import (
    SECOND_STEP_ERRORS,
    SecondFactorReply,
    TokenUserAnswer,
    token_user_answer,
)
from athena_auth.mfa.factor import Factor
from athena_auth.mfa.second_step import Principal, SecondStep, SubmittedCode
from athena_auth.wire.fields import Code, TrustDevice, is_set
from athena_auth.wire.handlers import post, routes_of
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, Route

_PATH = "/two-factor/verify"


class VerifyCodeBody(msgspec.Struct, frozen=True, rename="camel"):
    """A code of the factor."""

    code: Code
    trust_device: TrustDevice | None = None


class FactorApi:
    """The route of one factor."""

    def __init__(self, factor: Factor, second_step: SecondStep, reply: SecondFactorReply) -> None:
        self._factor = factor
        self._second_step = second_step
        self._reply = reply

    @post(_PATH, errors=(*SECOND_STEP_ERRORS, ErrorCode.INVALID_CODE), limit=SECOND_STEP)
    async def verify(self, call: Call[Principal, VerifyCodeBody]) -> Reply[TokenUserAnswer] | Refused:
        """Verify a code.

        With a challenge it signs in; with a session it confirms an enrolment that was begun by /two-factor/enable, or
        verifies the factor again.
        """
        submitted = SubmittedCode(call.body.code, is_set(call.body.trust_device))
        result = await self._second_step.verify(self._factor, call.principal, submitted)
        if isinstance(result, Refused):
            return result
        return self._reply.build(result, token_user_answer(result), call.caller)

    @property
    def name(self) -> str:
        """The name of the factor."""
        return self._factor.name

    def route(self) -> Route:
        """Return the route, at the path of this factor."""
        [route] = routes_of(self)
        return msgspec.structs.replace(route, path=f"{_PATH}-{self._factor.name}")
