"""Completing a sign-in by enrolling the second factor that the enforcement policy requires."""

from dataclasses import dataclass

from athena_auth import enrolment_tokens
from athena_auth.accounts import sql as accounts
from athena_auth.enrolment_tokens import EnrolmentToken
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.factor import Verified
from athena_auth.mfa.model import Change, SecondFactorResult, enrolment_binding
from athena_auth.mfa.repeated_submissions import RepeatedSubmissions
from athena_auth.mfa.sign_in_policy import Lifetimes, refuse_unverified
from athena_auth.mfa.submission import Submission, refusal_of
from athena_auth.mfa.verification import AttemptVerifier, RequestContext
from athena_auth.sessions.mint import mint
from athena_auth.sessions.model import Amr, Assurance, Level, SessionOptions
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.route import EnrolmentBearer


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentSignIn:
    """Verifies the response that confirms an enrolment, then creates the session of level two. Each call is one transaction.

    Attempts are counted with those of live sessions: the response is made with a secret that the bearer was just shown, or
    with a code that was just sent. A wrong one does not mean that an attacker knows the password.
    """

    store: Store
    verifier: AttemptVerifier
    events: CredentialEvents
    repeated_submissions: RepeatedSubmissions
    lifetimes: Lifetimes
    requires_verified_email: bool

    async def confirm(self, submission: Submission, bearer: EnrolmentBearer) -> SecondFactorResult | Refused:
        """Confirm the enrolment that was begun with this token, and complete the sign-in."""
        binding = enrolment_binding(bearer.token)

        async def work(tx: Tx) -> SecondFactorResult | Refused:
            token = await self._lock(tx, bearer, submission)
            if token is None:
                again = await self.repeated_submissions.find(
                    tx, binding.key, submission.key, bearer.client, submission.now
                )
                return again or Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
            candidate = submission.candidate(token.user_id, binding, bearer.client, confirms=True)
            context = RequestContext(bearer.client, recognized=True)
            outcome = await self.verifier.verify(tx, (candidate,), context)
            if not isinstance(outcome, Verified):
                return refusal_of(outcome, submission.now)
            if outcome.change is None:
                # The code was sent for an enrolment that another one has replaced: it confirms nothing.
                return Refused(ErrorCode.INVALID_CODE)
            result = await self._sign_in(tx, token, bearer, outcome, outcome.change, submission)
            if bearer.by_cookie and isinstance(result, SecondFactorResult):
                self.repeated_submissions.keep(tx, binding.key, submission.key, result, submission.now)
            return result

        return await self.store.transact(work)

    async def _lock(self, tx: Tx, bearer: EnrolmentBearer, submission: Submission) -> EnrolmentToken | None:
        """Lock the account, then its token, in the order of credential changes, which end it."""
        user_id = await enrolment_tokens.load_owner(tx, bearer.token, submission.now)
        if user_id is None or not await accounts.lock(tx, user_id):
            return None
        return await enrolment_tokens.lock_live(tx, bearer.token, submission.now)

    async def _sign_in(
        self,
        tx: Tx,
        token: EnrolmentToken,
        bearer: EnrolmentBearer,
        verified: Verified,
        change: Change,
        submission: Submission,
    ) -> SecondFactorResult | Refused:
        now = submission.now
        # This ends the token, and every session that was created with the password alone.
        account = await self.events.announce(tx, token.user_id, change, Actor(bearer.client, None), now)
        if account is None:
            return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
        if self.requires_verified_email and not account.email_verified:
            # The token was issued before the setting was turned on.
            return refuse_unverified(tx, account, bearer.client, now)
        options = SessionOptions(
            self.lifetimes.session,
            token.persistent,
            self.lifetimes.session_max_age,
            superseded=bearer.superseded_session,
        )
        assurance = Assurance(Level.TWO, (Amr.PASSWORD, verified.amr))
        minted = mint(tx, account.id, assurance, bearer.client, options, now)
        trust_token = await self.verifier.record_success(
            tx,
            account,
            verified,
            RequestContext(bearer.client, recognized=True),
            minted.session.id,
            trust_device=submission.submitted.trust_device,
            now=now,
        )
        return SecondFactorResult(
            minted.session, minted.token, account, trust_token, callback_url=token.callback_url
        )
