"""Answering a challenge, or proving a factor again in a live session (step-up)."""

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.challenge import sql
from athena_auth.challenge.admission import Lifetimes
from athena_auth.challenge.aftermath import Aftermath
from athena_auth.challenge.binding import Binding, challenge_binding, session_binding
from athena_auth.challenge.credentials import Actor, CredentialEvents
from athena_auth.challenge.judge import Circumstances, Judge
from athena_auth.challenge.method import Claim, Method, Proven, Used
from athena_auth.challenge.model import Challenge
from athena_auth.challenge.passed import Passed
from athena_auth.challenge.replay import Replay
from athena_auth.challenge.session_token import next_token
from athena_auth.crypto.codes import normalised_code
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.mint import mint
from athena_auth.sessions.model import Amr, Level, Proof, SessionTerms
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.model import Blocked
from athena_auth.throttle.refusal import CODES_USED_UP, refused_by
from athena_auth.wire.caller import ClientInfo
from athena_auth.wire.route import ChallengeBearer, EndedSession

MAX_TRIES = 5
"""Codes that may be tried on one challenge; then the password is due again."""

Principal = SignedIn | ChallengeBearer | EndedSession


class SubmittedCode(msgspec.Struct, frozen=True):
    """A code that a request offers."""

    code: str
    """As typed."""
    trust_device: bool

    def __repr__(self) -> str:
        return "SubmittedCode(…)"


class SecondStep:
    """Verifies codes: count, verify, use up, and only then create a session or raise one. One transaction for each code."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        judge: Judge,
        events: CredentialEvents,
        aftermath: Aftermath,
        replay: Replay,
        lifetimes: Lifetimes,
    ) -> None:
        self._store = store
        self._clock = clock
        self._judge = judge
        self._events = events
        self._aftermath = aftermath
        self._replay = replay
        self._lifetimes = lifetimes

    async def take(self, method: Method, principal: Principal, submitted: SubmittedCode) -> Passed | Refused:
        """Verify a code for whoever offers it: the bearer of a challenge, or the owner of a session."""
        code = normalised_code(submitted.code)
        if not method.is_well_formed(code):
            return method.malformed
        attempt = _Attempt(method, submitted, code, self._clock.now())
        if isinstance(principal, ChallengeBearer):
            return await self._answer(attempt, principal)
        if isinstance(principal, EndedSession):
            return await self._repeat(attempt, principal)
        return await self._prove(attempt, principal)

    async def _answer(self, attempt: "_Attempt", bearer: ChallengeBearer) -> Passed | Refused:
        """Answer the challenge of this token; a right code signs in."""
        token_digest = digest(TokenKind.CHALLENGE, bearer.token)

        async def work(tx: Tx) -> Passed | Refused:
            challenge = await sql.pay_for_try(tx, token_digest, MAX_TRIES, attempt.now)
            if challenge is None:
                return await self._why_no_try(tx, token_digest, attempt, bearer)
            binding = challenge_binding(token_digest, recognized=challenge.recognized)
            claim = attempt.claim(challenge.user_id, binding, bearer.client)
            where = Circumstances(bearer.client, recognized=challenge.recognized)
            outcome = await self._judge.judge(tx, (attempt.method,), claim, where)
            if isinstance(outcome, Blocked | Used):
                # Nothing was verified, or it was right: neither must use the owner's challenge up.
                sql.refund_try(tx, token_digest)
            if not isinstance(outcome, Proven):
                return _refusal(outcome, attempt.now)
            passed = await self._sign_in(tx, challenge, bearer, outcome, attempt)
            if bearer.by_cookie and isinstance(passed, Passed):
                self._replay.keep(tx, token_digest, attempt.key, passed, attempt.now)
            return passed

        return await self._store.transact(work)

    async def _prove(self, attempt: "_Attempt", signed_in: SignedIn) -> Passed | Refused:
        """Prove a factor in a live session: confirm an enrolment, or raise the session to level two."""
        token_digest = digest(TokenKind.SESSION, signed_in.token)

        async def work(tx: Tx) -> Passed | Refused:
            # First of all: a refusal commits what came before it, and a request whose session has just ended
            # must not confirm a factor or use a code up on the way to being refused.
            session = await sessions.lock_live(tx, token_digest, attempt.now)
            if session is None:
                return await self._replayed_or(ErrorCode.UNAUTHORIZED, tx, token_digest, attempt, signed_in)
            current = msgspec.structs.replace(signed_in, session=session)
            claim = attempt.claim(
                session.user_id, session_binding(session.id), signed_in.client, confirms=True
            )
            where = Circumstances(signed_in.client, session.id)
            outcome = await self._judge.judge(tx, (attempt.method,), claim, where)
            if not isinstance(outcome, Proven):
                return _refusal(outcome, attempt.now)
            passed = await self._raise(tx, current, outcome, attempt)
            if signed_in.by_cookie and isinstance(passed, Passed):
                self._replay.keep(tx, token_digest, attempt.key, passed, attempt.now)
            return passed

        return await self._store.transact(work)

    async def _repeat(self, attempt: "_Attempt", ended: EndedSession) -> Passed | Refused:
        """Answer a request with a token that a concurrent, identical request has just replaced."""
        token_digest = digest(TokenKind.SESSION, ended.token)

        async def work(tx: Tx) -> Passed | Refused:
            code = ErrorCode.INVALID_TWO_FACTOR_COOKIE
            return await self._replayed_or(code, tx, token_digest, attempt, ended)

        return await self._store.read(work)

    async def _why_no_try(
        self, tx: Tx, token_digest: bytes, attempt: "_Attempt", bearer: ChallengeBearer
    ) -> Passed | Refused:
        if await sql.load_live(tx, token_digest, attempt.now) is not None:
            await sql.end_exhausted(tx, token_digest)
            return Refused(ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE)
        code = ErrorCode.INVALID_TWO_FACTOR_COOKIE
        return await self._replayed_or(code, tx, token_digest, attempt, bearer)

    async def _replayed_or(
        self, code: ErrorCode, tx: Tx, token_digest: bytes, attempt: "_Attempt", caller: Principal
    ) -> Passed | Refused:
        """Return the answer that an identical submission got a moment ago, else refuse."""
        again = await self._replay.find(tx, token_digest, attempt.key, caller.client, attempt.now)
        return again or Refused(code)

    async def _sign_in(
        self, tx: Tx, challenge: Challenge, bearer: ChallengeBearer, proven: Proven, attempt: "_Attempt"
    ) -> Passed | Refused:
        loaded = await accounts.load_with_sessions(tx, challenge.user_id)
        if loaded is None:
            return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
        account, count = loaded
        sql.spend(tx, challenge.token_digest)
        if bearer.superseded_session is not None:
            sessions.end_token(tx, digest(TokenKind.SESSION, bearer.superseded_session))
        proof = Proof(Level.TWO, (Amr.PASSWORD, proven.amr))
        # One statement fewer: this is what most sign-ins pay for.
        has_room = count < sessions.MOST_SESSIONS
        terms = SessionTerms(self._lifetimes.session, challenge.persistent, has_room=has_room)
        now = attempt.now
        minted = mint(tx, account.id, proof, bearer.client, terms, now)
        where = Circumstances(bearer.client, recognized=challenge.recognized)
        trust_token = await self._aftermath.of(
            tx,
            account,
            proven,
            where,
            minted.session.id,
            trust_device=attempt.submitted.trust_device,
            now=now,
        )
        return Passed(
            minted.session, minted.token, account, trust_token, proven.codes_left, challenge.callback_url
        )

    async def _raise(
        self, tx: Tx, signed_in: SignedIn, proven: Proven, attempt: "_Attempt"
    ) -> Passed | Refused:
        session, now = signed_in.session, attempt.now
        proof = session.proof.raised_by(proven.amr)
        token, token_digest = next_token(signed_in, rotates=signed_in.by_cookie)
        sessions.raise_to(tx, session.id, proof, token_digest, now)
        account: Account | None = signed_in.account
        if proven.change is not None:
            account = await self._events.announce(
                tx, session.user_id, proven.change, Actor(signed_in.client, session.id), now
            )
        if account is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        where = Circumstances(signed_in.client, session.id)
        trust_token = await self._aftermath.of(
            tx, account, proven, where, session.id, trust_device=attempt.submitted.trust_device, now=now
        )
        raised = msgspec.structs.replace(session, proof=proof, proven_at=now)
        return Passed(raised, token, account, trust_token, proven.codes_left)


class _Attempt(msgspec.Struct, frozen=True):
    """One submission of a code."""

    method: Method
    submitted: SubmittedCode
    code: str
    """Normalised."""
    now: Millis

    @property
    def key(self) -> str:
        """What makes a second submission identical to this one, beside the token."""
        return f"{self.method.name}:{self.code}"

    def claim(
        self, user_id: UserId, binding: Binding, client: ClientInfo, *, confirms: bool = False
    ) -> Claim:
        return Claim(user_id, self.code, binding, self.now, client.fingerprint, confirms)


def _refusal(outcome: Refused | Used | Blocked, now: Millis) -> Refused:
    if isinstance(outcome, Blocked):
        return refused_by(outcome, now, CODES_USED_UP)
    return outcome.refused if isinstance(outcome, Used) else outcome
