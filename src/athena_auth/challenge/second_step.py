"""Answering a challenge, or proving a factor again in a live session (step-up)."""

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.challenge import sql
from athena_auth.challenge.admission import Lifetimes
from athena_auth.challenge.aftermath import Aftermath
from athena_auth.challenge.binding import challenge_binding, session_binding
from athena_auth.challenge.credentials import Actor, CredentialEvents
from athena_auth.challenge.judge import Circumstances, Judge
from athena_auth.challenge.method import Claim, Method, Proven
from athena_auth.challenge.model import Challenge
from athena_auth.crypto.codes import normalised_code
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.mint import mint
from athena_auth.sessions.model import Amr, Level, Proof, Session
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.model import Blocked
from athena_auth.throttle.refusal import GUESSES_USED_UP, refused_by
from athena_auth.wire.route import ChallengeBearer

MAX_TRIES = 5
"""Codes that may be tried on one challenge; then the password is due again."""


class SubmittedCode(msgspec.Struct, frozen=True):
    """A code that somebody offers."""

    code: str
    """As typed."""
    trust_device: bool

    def __repr__(self) -> str:
        return "SubmittedCode(…)"


class Passed(msgspec.Struct, frozen=True):
    """The second step is taken."""

    session: Session
    token: str
    account: Account
    trust_token: str | None
    """Set when the device is trusted from now on."""
    codes_left: int | None = None
    """Backup codes that are left, when one was used."""

    def __repr__(self) -> str:
        return f"Passed({self.account.id})"


class SecondStep:
    """Judges codes: pay, look, use up, and only then mint or raise. One transaction for each code."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        judge: Judge,
        events: CredentialEvents,
        aftermath: Aftermath,
        lifetimes: Lifetimes,
    ) -> None:
        """Take what it works with."""
        self._store = store
        self._clock = clock
        self._judge = judge
        self._events = events
        self._aftermath = aftermath
        self._lifetimes = lifetimes

    async def take(
        self, method: Method, principal: SignedIn | ChallengeBearer, submitted: SubmittedCode
    ) -> Passed | Refused:
        """Judge a code for whoever offers it: the bearer of a challenge, or somebody signed in."""
        if isinstance(principal, ChallengeBearer):
            return await self.answer(method, principal, submitted)
        return await self.prove(method, principal, submitted)

    async def answer(
        self, method: Method, bearer: ChallengeBearer, submitted: SubmittedCode
    ) -> Passed | Refused:
        """Answer the challenge of this token; a right code signs in."""
        now = self._clock.now()
        token_digest = digest(TokenKind.CHALLENGE, bearer.token)

        async def work(tx: Tx) -> Passed | Refused:
            challenge = await sql.pay_for_try(tx, token_digest, MAX_TRIES, now)
            if challenge is None:
                return await self._why_no_try(tx, token_digest, now)
            binding = challenge_binding(token_digest)
            claim = Claim(challenge.user_id, normalised_code(submitted.code), binding, now)
            proven = await self._judge.judge(tx, method, claim, Circumstances(bearer.client))
            if isinstance(proven, Blocked):
                # A lock must not use up the owner's challenge too: nothing was looked at.
                sql.refund_try(tx, token_digest)
                return refused_by(proven, now, GUESSES_USED_UP)
            if isinstance(proven, Refused):
                return proven
            return await self._sign_in(tx, challenge, bearer, proven, submitted, now)

        return await self._store.transact(work)

    async def prove(self, method: Method, signed_in: SignedIn, submitted: SubmittedCode) -> Passed | Refused:
        """Prove a factor in a live session: confirm an enrolment, or raise the session to level two."""
        now = self._clock.now()
        session = signed_in.session

        async def work(tx: Tx) -> Passed | Refused:
            # First of all: a refusal commits what came before it, and somebody whose session has just been
            # ended must not confirm a factor or use a code up on the way to being refused.
            if not await sessions.hold(tx, session.id, now):
                return Refused(ErrorCode.UNAUTHORIZED)
            binding = session_binding(session.id)
            claim = Claim(session.user_id, normalised_code(submitted.code), binding, now)
            where = Circumstances(signed_in.client, session.id)
            proven = await self._judge.judge(tx, method, claim, where)
            if isinstance(proven, Blocked):
                return refused_by(proven, now, GUESSES_USED_UP)
            if isinstance(proven, Refused):
                return proven
            return await self._raise(tx, signed_in, proven, submitted, now)

        return await self._store.transact(work)

    async def _why_no_try(self, tx: Tx, token_digest: bytes, now: Millis) -> Refused:
        if await sql.load_live(tx, token_digest, now) is None:
            return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
        return Refused(ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE)

    async def _sign_in(
        self,
        tx: Tx,
        challenge: Challenge,
        bearer: ChallengeBearer,
        proven: Proven,
        submitted: SubmittedCode,
        now: Millis,
    ) -> Passed | Refused:
        account = await accounts.load(tx, challenge.user_id)
        if account is None:
            return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
        sql.spend(tx, challenge.token_digest)
        proof = Proof(Level.TWO, (Amr.PASSWORD, proven.amr))
        ttl, persistent = self._lifetimes.session, challenge.persistent
        minted = mint(tx, account.id, proof, bearer.client, ttl=ttl, persistent=persistent, now=now)
        where = Circumstances(bearer.client)
        trust_token = await self._aftermath.of(
            tx, account, proven, where, minted.session.id, trust_device=submitted.trust_device, now=now
        )
        return Passed(minted.session, minted.token, account, trust_token, proven.codes_left)

    async def _raise(
        self, tx: Tx, signed_in: SignedIn, proven: Proven, submitted: SubmittedCode, now: Millis
    ) -> Passed | Refused:
        session = signed_in.session
        proof = Proof(Level.TWO, tuple(dict.fromkeys((*session.proof.amr, proven.amr))))
        sessions.raise_to(tx, session.id, proof, now)
        account: Account | None = signed_in.account
        if proven.change is not None:
            account = await self._events.announce(
                tx, session.user_id, proven.change, Actor(signed_in.client, session.id), now
            )
        if account is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        where = Circumstances(signed_in.client, session.id)
        trust_token = await self._aftermath.of(
            tx, account, proven, where, session.id, trust_device=submitted.trust_device, now=now
        )
        raised = msgspec.structs.replace(session, proof=proof, proven_at=now)
        return Passed(raised, signed_in.token, account, trust_token, proven.codes_left)
