"""HTTP for sent codes."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account, SignedIn, audit_event
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.factors.otp.factor import Otp
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.mfa import sql as challenges
from athena_auth.mfa.answers import (
    SECOND_STEP_ERRORS,
    SecondFactorReply,
    TokenUserAnswer,
    token_user_answer,
)
from athena_auth.mfa.model import Binding, challenge_binding, session_binding
from athena_auth.mfa.second_step import MAX_ATTEMPTS, Principal, SecondStep, SubmittedCode
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.fields import Code, TrustDevice, is_set
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, ChallengeBearer, EndedSession, NoBody


@dataclass(frozen=True, slots=True)
class OtpService:
    """Sends codes, in a challenge or a session. `SecondStep` verifies them."""

    method: Otp
    store: Store
    clock: Clock

    async def send(self, principal: Principal) -> Refused | None:
        """Send a code that is valid only in this challenge or session; it replaces the previous one."""

        async def work(tx: Tx) -> Refused | None:
            if isinstance(principal, ChallengeBearer):
                return await self._post_for_challenge(tx, principal)
            if isinstance(principal, EndedSession):
                return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
            return await self._post_for_session(tx, principal)

        return await self.store.transact(work)

    async def _post_for_challenge(self, tx: Tx, bearer: ChallengeBearer) -> Refused | None:
        now = self.clock.now()
        token_digest = digest(TokenKind.CHALLENGE, bearer.token)
        pending = await challenges.load_live(tx, token_digest, now)
        if pending is None:
            return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
        if pending.attempts >= MAX_ATTEMPTS:
            await challenges.end_exhausted(tx, token_digest)
            return Refused(ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE)
        sent = AuditEvent(name=EventName.OTP_SENT, user_id=pending.account.id, client=bearer.client)
        return await self._post_if_available(
            tx, pending.account, challenge_binding(token_digest, recognized=pending.recognized), sent
        )

    async def _post_for_session(self, tx: Tx, signed_in: SignedIn) -> Refused | None:
        now = self.clock.now()
        account = await accounts.load(tx, signed_in.account.id)
        if account is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        binding, sent = session_binding(signed_in.session.id), audit_event(signed_in, EventName.OTP_SENT)
        if await self.method.is_pending(tx, account.id, now):
            return await self._post(tx, account, binding, sent, confirming=True)
        # Without a factor or a pending enrolment there is nothing to confirm. A session without a fresh password must
        # not turn a factor on: it may be stolen.
        if not account.two_factor_enabled:
            return Refused(ErrorCode.TWO_FACTOR_NOT_ENABLED)
        return await self._post_if_available(tx, account, binding, sent)

    async def _post_if_available(
        self, tx: Tx, account: Account, binding: Binding, sent: AuditEvent
    ) -> Refused | None:
        if not await self.method.is_available(tx, account):
            return Refused(ErrorCode.OTP_NOT_CONFIGURED)
        return await self._post(tx, account, binding, sent)

    async def _post(
        self, tx: Tx, account: Account, binding: Binding, sent: AuditEvent, *, confirming: bool = False
    ) -> Refused | None:
        now = self.clock.now()
        refused = await self.method.post(tx, account, binding, sent.client, now, confirming=confirming)
        if refused is None:
            audit.record(tx, sent, now)
        return refused


class VerifyOtpBody(msgspec.Struct, frozen=True, rename="camel"):
    """A sent code."""

    code: Code
    trust_device: TrustDevice | None = None


class OtpApi:
    """The routes of sent codes."""

    def __init__(
        self,
        service: OtpService,
        factor: Otp,
        second_step: SecondStep,
        second_factor_reply: SecondFactorReply,
    ) -> None:
        self._service = service
        self._factor = factor
        self._second_step = second_step
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
        result = await self._second_step.verify(self._factor, call.principal, submitted)
        if isinstance(result, Refused):
            return result
        return self._second_factor_reply.build(result, token_user_answer(result), call.caller)
