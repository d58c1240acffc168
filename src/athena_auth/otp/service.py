"""Use cases of sent codes."""

from dataclasses import dataclass

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.audit_events import audit_event
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.challenge import sql as challenges
from athena_auth.challenge.binding import Binding, challenge_binding, session_binding
from athena_auth.challenge.result import SecondFactorResult
from athena_auth.challenge.second_step import MAX_ATTEMPTS, Principal, SecondStep, SubmittedCode
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.otp.factor import Otp
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.route import ChallengeBearer, EndedSession


@dataclass(frozen=True, slots=True)
class OtpService:
    """Sends and verifies codes, in a challenge or a session."""

    method: Otp
    second_step: SecondStep
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

    async def verify(self, principal: Principal, submitted: SubmittedCode) -> SecondFactorResult | Refused:
        """Verify a code: complete a sign-in, confirm an enrolment, or step up."""
        return await self.second_step.verify(self.method, principal, submitted)

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
