"""Prompts: what a client gets to respond to, before it responds. A sent code, or options with a nonce.

`Prompts.prompt` asks a `Prompting` factor for them, in a challenge or a session. The nonce, if it has one, is kept in
`athena_prompt` for that challenge or session alone. The first response that is verified deletes it (`consume_nonce`),
correct or not. So a recorded response is never accepted again, nor one that was made for another challenge. Malformed and
throttled responses are not verified: the nonce stays. It also stays if the factor raises `UnreadableError` and no other
factor accepts the code: the transaction is rolled back.
"""

from dataclasses import dataclass
from typing import Any

from athena_auth import enrolment_tokens
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account, SignedIn, audit_event
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock, Millis, after
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId
from athena_auth.mfa import sql as challenges
from athena_auth.mfa.factor import Prompted, Prompting, PromptRequest
from athena_auth.mfa.model import (
    MAX_ATTEMPTS,
    Binding,
    Change,
    SecondStepCaller,
    challenge_binding,
    enrolment_binding,
    session_binding,
)
from athena_auth.mfa.offered import OfferedFactors
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.route import ChallengeBearer, EndedSession, EnrolmentBearer

_LIFETIME = 300
"""Seconds (WebAuthn level 3 section 15.1 recommends five to ten minutes)."""

_PUT = Statement("""
    INSERT INTO athena_prompt (binding, factor, user_id, nonce, expires_at)
    VALUES (:binding, :factor, :user_id, :nonce, :expires_at)
    ON CONFLICT (binding, factor) DO UPDATE SET nonce = excluded.nonce, expires_at = excluded.expires_at
""")

_CONSUME = Statement("""
    DELETE FROM athena_prompt WHERE binding = :binding AND factor = :factor RETURNING nonce, expires_at
""")

_END_ALL = Statement("DELETE FROM athena_prompt WHERE user_id = :user_id")

SWEEP = Statement("""
    DELETE FROM athena_prompt WHERE binding IN
    (SELECT binding FROM athena_prompt WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
    AND expires_at <= :cutoff
""")


def keep_nonce(tx: Tx, user_id: UserId, binding: Binding, factor: str, nonce: bytes, now: Millis) -> None:
    """Keep what this factor's next response in this challenge or session must answer, in place of what it kept before."""
    expires_at = after(now, _LIFETIME)
    tx.defer(_PUT, binding=binding.key, factor=factor, user_id=user_id, nonce=nonce, expires_at=expires_at)


async def consume_nonce(tx: Tx, binding: Binding, factor: str, now: Millis) -> bytes | None:
    """Return the nonce that this factor gave this challenge or session, and delete it; None when there is none."""
    row = await tx.fetch_one(_CONSUME, binding=binding.key, factor=factor)
    return None if row is None or row["expires_at"] <= now else row["nonce"]


def credentials_changed(_change: Change) -> tuple[Statement, ...]:
    """Return the deletion of the account's prompts, for every change."""
    return (_END_ALL,)


@dataclass(frozen=True, slots=True)
class Prompts:
    """Gives clients what they respond to. `SecondStep` verifies the response."""

    offered: OfferedFactors
    store: Store
    clock: Clock

    async def prompt(self, factor: Prompting[Any], principal: SecondStepCaller) -> Prompted | Refused:
        """Prompt the bearer of a challenge or an enrolment token, or the owner of a session; it replaces this factor's previous prompt there."""
        refused = self.offered.refuse_other(factor.name)
        if refused is not None:
            return refused
        if isinstance(principal, EnrolmentBearer) and factor.has_nonce:
            # The enrolment has given its own nonce, which this one would replace.
            return Refused(ErrorCode.METHOD_NOT_AVAILABLE)
        now = self.clock.now()

        async def work(tx: Tx) -> Prompted | Refused:
            return await _prompt(tx, factor, principal, now)

        return await self.store.transact(work)


async def _prompt(
    tx: Tx, factor: Prompting[Any], principal: SecondStepCaller, now: Millis
) -> Prompted | Refused:
    found = await _find(tx, principal, now)
    if isinstance(found, Refused):
        return found
    account, binding, sent = found
    prompted = await factor.prompt(tx, PromptRequest(account, binding, principal.client, now))
    if isinstance(prompted, Refused):
        return prompted
    if prompted.nonce is not None:
        keep_nonce(tx, account.id, binding, factor.name, prompted.nonce, now)
    if prompted.code_was_sent:
        audit.record(tx, sent, now)
    return prompted


async def _find(
    tx: Tx, principal: SecondStepCaller, now: Millis
) -> tuple[Account, Binding, AuditEvent] | Refused:
    """Return the account to prompt, where its response will be valid, and the event of a code that is sent to it."""
    if isinstance(principal, EndedSession):
        return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
    if isinstance(principal, SignedIn):
        account = await accounts.load(tx, principal.account.id)
        if account is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        return account, session_binding(principal.session.id), audit_event(principal, EventName.OTP_SENT)
    if isinstance(principal, EnrolmentBearer):
        return await _find_enrolling(tx, principal, now)
    return await _find_challenged(tx, principal, now)


async def _find_enrolling(
    tx: Tx, bearer: EnrolmentBearer, now: Millis
) -> tuple[Account, Binding, AuditEvent] | Refused:
    user_id = await enrolment_tokens.load_owner(tx, bearer.token, now)
    account = None if user_id is None else await accounts.load(tx, user_id)
    if account is None:
        return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
    sent = AuditEvent(name=EventName.OTP_SENT, user_id=account.id, client=bearer.client)
    return account, enrolment_binding(bearer.token), sent


async def _find_challenged(
    tx: Tx, bearer: ChallengeBearer, now: Millis
) -> tuple[Account, Binding, AuditEvent] | Refused:
    token_digest = digest(TokenKind.CHALLENGE, bearer.token)
    pending = await challenges.load_live(tx, token_digest, now)
    if pending is None:
        return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
    if pending.attempts >= MAX_ATTEMPTS:
        await challenges.end_exhausted(tx, token_digest)
        return Refused(ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE)
    sent = AuditEvent(name=EventName.OTP_SENT, user_id=pending.account.id, client=bearer.client)
    return pending.account, challenge_binding(token_digest, recognized=pending.recognized), sent
