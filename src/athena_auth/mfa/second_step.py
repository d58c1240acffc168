"""Verifying a second factor for a challenge, or again in a live session (step-up)."""

from dataclasses import dataclass
from typing import Any

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa import sql
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.enrolment_sign_in import EnrolmentSignIn
from athena_auth.mfa.factor import Factor, Used, Verified
from athena_auth.mfa.model import (
    MAX_ATTEMPTS,
    Challenge,
    SecondFactorResult,
    SecondStepCaller,
    challenge_binding,
    session_binding,
)
from athena_auth.mfa.offered import OfferedFactors
from athena_auth.mfa.repeated_submissions import RepeatedSubmissions
from athena_auth.mfa.sign_in_policy import Lifetimes, refuse_unverified
from athena_auth.mfa.submission import Submission, Submitted, refusal_of
from athena_auth.mfa.verification import AttemptVerifier, RequestContext
from athena_auth.sessions import rules
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.mint import mint
from athena_auth.sessions.model import Amr, Assurance, Level, SessionOptions
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.sql import Throttled
from athena_auth.wire.route import ChallengeBearer, EndedSession, EnrolmentBearer


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStep:
    """Verifies responses: count, verify, consume, then create or raise a session. One transaction for each."""

    offered: OfferedFactors
    store: Store
    clock: Clock
    verifier: AttemptVerifier
    events: CredentialEvents
    repeated_submissions: RepeatedSubmissions
    enrolment_sign_in: EnrolmentSignIn
    lifetimes: Lifetimes
    requires_verified_email: bool

    async def verify(
        self, factor: Factor[Any], principal: SecondStepCaller, submitted: Submitted
    ) -> SecondFactorResult | Refused:
        """Verify a response from the bearer of a challenge or an enrolment token, or from the owner of a session."""
        response = self.offered.refuse_other(factor.name) or factor.parse(submitted.response)
        if isinstance(response, Refused):
            return response
        submission = Submission(factor, submitted, response, self.clock.now())
        if isinstance(principal, ChallengeBearer):
            return await self._verify_challenge(submission, principal)
        if isinstance(principal, EnrolmentBearer):
            return await self.enrolment_sign_in.confirm(submission, principal)
        if isinstance(principal, EndedSession):
            return await self._repeat(submission, principal)
        return await self._step_up(submission, principal)

    async def _verify_challenge(
        self, submission: Submission, bearer: ChallengeBearer
    ) -> SecondFactorResult | Refused:
        """Verify a response for a challenge; a correct one completes the sign-in."""
        token_digest = digest(TokenKind.CHALLENGE, bearer.token)

        async def work(tx: Tx) -> SecondFactorResult | Refused:
            challenge = await sql.consume_attempt(tx, token_digest, MAX_ATTEMPTS, submission.now)
            if challenge is None:
                return await self._refuse_attempt(tx, token_digest, submission, bearer)
            binding = challenge_binding(token_digest, recognized=challenge.recognized)
            candidate = submission.candidate(challenge.user_id, binding, bearer.client)
            context = RequestContext(bearer.client, recognized=challenge.recognized)
            outcome = await self.verifier.verify(tx, (candidate,), context)
            if isinstance(outcome, Throttled | Used):
                # The code was not verified, or was correct: neither must consume attempts on the challenge.
                sql.refund_attempt(tx, token_digest)
            if not isinstance(outcome, Verified):
                return refusal_of(outcome, submission.now)
            result = await self._sign_in(tx, challenge, bearer, outcome, submission)
            if bearer.by_cookie and isinstance(result, SecondFactorResult):
                self.repeated_submissions.keep(tx, token_digest, submission.key, result, submission.now)
            return result

        return await self.store.transact(work)

    async def _step_up(self, submission: Submission, signed_in: SignedIn) -> SecondFactorResult | Refused:
        """Verify a response in a live session: confirm an enrolment, or raise the session to level two."""
        token_digest = digest(TokenKind.SESSION, signed_in.token)

        async def work(tx: Tx) -> SecondFactorResult | Refused:
            # Lock the session first: a refusal commits what came before it, and a request whose session has just
            # ended must not confirm a factor or consume a code before it is refused.
            session = await sessions.lock_live(tx, token_digest, submission.now)
            if session is None:
                return await self._repeated_or(
                    ErrorCode.UNAUTHORIZED, tx, token_digest, submission, signed_in
                )
            current = msgspec.structs.replace(signed_in, session=session)
            candidate = submission.candidate(
                session.user_id, session_binding(session.id), signed_in.client, confirms=True
            )
            context = RequestContext(signed_in.client, session.id)
            outcome = await self.verifier.verify(tx, (candidate,), context)
            if not isinstance(outcome, Verified):
                return refusal_of(outcome, submission.now)
            result = await self._raise_session(tx, current, outcome, submission)
            if signed_in.by_cookie and isinstance(result, SecondFactorResult):
                self.repeated_submissions.keep(tx, token_digest, submission.key, result, submission.now)
            return result

        return await self.store.transact(work)

    async def _repeat(self, submission: Submission, ended: EndedSession) -> SecondFactorResult | Refused:
        """Answer a request whose token was just replaced by a concurrent, identical request."""
        token_digest = digest(TokenKind.SESSION, ended.token)

        async def work(tx: Tx) -> SecondFactorResult | Refused:
            code = ErrorCode.INVALID_TWO_FACTOR_COOKIE
            return await self._repeated_or(code, tx, token_digest, submission, ended)

        return await self.store.read(work)

    async def _refuse_attempt(
        self, tx: Tx, token_digest: bytes, submission: Submission, bearer: ChallengeBearer
    ) -> SecondFactorResult | Refused:
        if await sql.load_live(tx, token_digest, submission.now) is not None:
            await sql.end_exhausted(tx, token_digest)
            return Refused(ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE)
        code = ErrorCode.INVALID_TWO_FACTOR_COOKIE
        return await self._repeated_or(code, tx, token_digest, submission, bearer)

    async def _repeated_or(
        self,
        code: ErrorCode,
        tx: Tx,
        token_digest: bytes,
        submission: Submission,
        caller: SecondStepCaller,
    ) -> SecondFactorResult | Refused:
        """Return the answer that an identical submission got a moment ago, otherwise refuse."""
        again = await self.repeated_submissions.find(
            tx, token_digest, submission.key, caller.client, submission.now
        )
        return again or Refused(code)

    async def _sign_in(
        self,
        tx: Tx,
        challenge: Challenge,
        bearer: ChallengeBearer,
        verified: Verified,
        submission: Submission,
    ) -> SecondFactorResult | Refused:
        loaded = await accounts.load_with_sessions(tx, challenge.user_id)
        if loaded is None:
            return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
        account, count = loaded
        sql.consume(tx, challenge.token_digest)
        if self.requires_verified_email and not account.email_verified:
            # The challenge was issued before the setting was turned on.
            return refuse_unverified(tx, account, bearer.client, submission.now)
        assurance = Assurance(Level.TWO, (Amr.PASSWORD, verified.amr))
        options = SessionOptions(
            self.lifetimes.session,
            challenge.persistent,
            self.lifetimes.session_max_age,
            # This saves a statement in most sign-ins: the one that ends the oldest sessions.
            has_room=count < sessions.MOST_SESSIONS,
            superseded=bearer.superseded_session,
        )
        now = submission.now
        minted = mint(tx, account.id, assurance, bearer.client, options, now)
        context = RequestContext(bearer.client, recognized=challenge.recognized)
        trust_token = await self.verifier.record_success(
            tx,
            account,
            verified,
            context,
            minted.session.id,
            trust_device=submission.submitted.trust_device,
            now=now,
        )
        return SecondFactorResult(
            minted.session, minted.token, account, trust_token, verified.codes_left, challenge.callback_url
        )

    async def _raise_session(
        self, tx: Tx, signed_in: SignedIn, verified: Verified, submission: Submission
    ) -> SecondFactorResult | Refused:
        session, now = signed_in.session, submission.now
        raised = rules.raised(session, verified.amr, now, user_verified=verified.user_verified)
        token, token_digest = signed_in.next_token(rotates=signed_in.by_cookie)
        sessions.store_raised(tx, raised, token_digest)
        account: Account | None = signed_in.account
        if verified.change is not None:
            account = await self.events.announce(
                tx, session.user_id, verified.change, Actor(signed_in.client, session.id), now
            )
        if account is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        context = RequestContext(signed_in.client, session.id)
        trust_token = await self.verifier.record_success(
            tx,
            account,
            verified,
            context,
            session.id,
            trust_device=submission.submitted.trust_device,
            now=now,
        )
        return SecondFactorResult(raised, token, account, trust_token, verified.codes_left)
