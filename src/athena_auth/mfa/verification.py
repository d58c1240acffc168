"""Verifying one response: count the attempt, verify it, record the failure and notify the owner if necessary."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications, begins_episode
from athena_auth.accounts.recovery_cases import cancellation
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName, Stage, Verdict, verification_event
from athena_auth.crypto.keys import UnreadableError
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import SessionId
from athena_auth.mfa import prompts
from athena_auth.mfa.device_trust import DeviceTrust
from athena_auth.mfa.factor import Attempt, Factor, Used, Verified
from athena_auth.sessions.model import Amr
from athena_auth.store.transaction import Tx
from athena_auth.throttle import attempts
from athena_auth.throttle.rules import FREE_FAILURES
from athena_auth.throttle.sql import Allowed, AttemptKind, Throttled
from athena_auth.wire.caller import ClientInfo


class RequestContext(msgspec.Struct, frozen=True):
    """The request that contains a code."""

    client: ClientInfo
    session_id: SessionId | None = None
    """The live session of the request, if any."""
    recognized: bool = False
    """Whether the challenge was issued to a recognized browser of this account."""

    @property
    def stage(self) -> Stage:
        """What the verification is part of."""
        return Stage.SIGN_IN if self.session_id is None else Stage.STEP_UP

    @property
    def kind(self) -> AttemptKind:
        """The kind in which the attempt is counted."""
        if self.recognized or self.session_id is not None:
            return AttemptKind.RECOGNIZED_CODE
        return AttemptKind.STRANGER_CODE


class Candidate(msgspec.Struct, frozen=True):
    """A factor that may accept a response, with the attempt as this factor reads it."""

    factor: Factor[Any]
    attempt: Attempt[Any]


@dataclass(frozen=True, slots=True)
class AttemptVerifier:
    """Verifies responses, in the caller's transaction.

    Attributes:
        with_nonce: The names of the factors whose responses are valid for one nonce (`Prompting.has_nonce`).
    """

    notifications: SecurityNotifications
    trust: DeviceTrust
    with_nonce: frozenset[str]

    async def verify(
        self, tx: Tx, candidates: tuple[Candidate, ...], context: RequestContext
    ) -> Verified | Refused | Used | Throttled:
        """Verify a response with the first of these factors that accepts it.

        Failures are counted and recorded here; the caller records a success. A throttled attempt is not recorded, so
        that an attacker who continues while blocked cannot fill the audit log.
        """
        attempt = candidates[0].attempt
        throttled = any(candidate.factor.is_throttled for candidate in candidates)
        allowed = (
            await attempts.consume(tx, attempt.user_id, context.kind, attempt.now)
            if throttled
            else await attempts.lock_uncounted(tx, attempt.user_id, context.kind)
        )
        if isinstance(allowed, Throttled):
            return allowed
        factor, outcome = await self._verify_with_first(tx, candidates)
        if isinstance(outcome, Verified):
            # A change of credentials resets all kinds (`CredentialEvents`).
            if outcome.change is None:
                attempts.reset(tx, attempt.user_id, context.kind)
        elif isinstance(outcome, Used):
            if throttled:
                attempts.refund(tx, attempt.user_id, context.kind)
            await self._reused(tx, attempt, context, outcome)
        else:
            await self._failed(tx, factor, attempt, context, allowed, outcome)
        return outcome

    async def record_success(
        self,
        tx: Tx,
        account: Account,
        verified: Verified,
        context: RequestContext,
        session_id: SessionId,
        *,
        trust_device: bool,
        now: Millis,
    ) -> str | None:
        """Record a verified code and notify the owner; return the trust token if the device becomes trusted."""
        event = verification_event(context.stage, verified.factor, Verdict.ACCEPTED)
        entry = AuditEvent(
            name=event,
            user_id=account.id,
            client=context.client,
            session_id=session_id,
            authenticator_id=verified.authenticator_id,
        )
        audit.record(tx, entry, now)
        if verified.codes_left is not None:
            kind, left = MessageKind.BACKUP_CODE_USED, verified.codes_left
            await self.notifications.notify(tx, account, kind, context.client, now, codes_left=left)
        if verified.count_decreased:
            copied = verified.authenticator_id
            await warn_of_copy(tx, self.notifications, account, copied, context.client, session_id, now)
        if account.recovery_case is not None:
            await cancellation.cancel(tx, self.notifications, account, context.client, now)
        if account.reset_by_mail and verified.amr != Amr.SENT_CODE:
            accounts.clear_reset_by_mail(tx, account.id)
        return await self._trusted(tx, account, context, session_id, now) if trust_device else None

    async def _trusted(
        self, tx: Tx, account: Account, context: RequestContext, session_id: SessionId, now: Millis
    ) -> str | None:
        granted = self.trust.grant(tx, account.id, context.client, now)
        if granted is None:
            return None
        entry = AuditEvent(
            name=EventName.TRUST_GRANTED,
            user_id=account.id,
            client=context.client,
            session_id=session_id,
            device_id=granted.device_id,
        )
        audit.record(tx, entry, now)
        await self.notifications.notify(tx, account, MessageKind.DEVICE_TRUSTED, context.client, now)
        return granted.token

    async def _verify_with_first(
        self, tx: Tx, candidates: tuple[Candidate, ...]
    ) -> tuple[Factor[Any], Verified | Refused | Used]:
        """Return the first factor that accepts the response, otherwise the first refusal.

        Raises:
            UnreadableError: no factor accepts the response, and at least one could not verify it.
        """
        refused: list[tuple[Factor[Any], Verified | Refused | Used]] = []
        unreadable: UnreadableError | None = None
        for candidate in candidates:
            try:
                outcome = await self._verify_with(tx, candidate.factor, candidate.attempt)
            except UnreadableError as error:
                unreadable = error
                continue
            if not isinstance(outcome, Refused):
                return candidate.factor, outcome
            refused.append((candidate.factor, outcome))
        if unreadable is not None:
            raise unreadable
        return refused[0]

    async def _verify_with(
        self, tx: Tx, factor: Factor[Any], attempt: Attempt[Any]
    ) -> Verified | Refused | Used:
        if factor.name in self.with_nonce:
            nonce = await prompts.consume_nonce(tx, attempt.binding, factor.name, attempt.now)
            if nonce is None:
                return Refused(ErrorCode.CHALLENGE_NOT_FOUND)
            attempt = msgspec.structs.replace(attempt, nonce=nonce)
        return await factor.verify(tx, attempt)

    async def _failed(
        self,
        tx: Tx,
        factor: Factor[Any],
        attempt: Attempt[Any],
        context: RequestContext,
        allowed: Allowed,
        refused: Refused,
    ) -> None:
        is_new = await begins_episode(tx, attempt.user_id, allowed.warned_at, attempt.now)
        kind = _notification_of(context.kind, allowed.failures, is_new=is_new)
        attempts.record_failure(
            tx, attempt.user_id, context.kind, allowed, attempt.now, warned=kind is not None
        )
        event = verification_event(context.stage, factor.name, Verdict.REFUSED)
        self._record(tx, event, attempt, context, refused.code)
        if kind is MessageKind.SECOND_FACTOR_CLOSED:
            self._record(tx, EventName.SECOND_STEP_CLOSED, attempt, context)
        await self._notify(tx, kind, attempt, context)

    async def _reused(self, tx: Tx, attempt: Attempt[Any], context: RequestContext, used: Used) -> None:
        """Record a used code. Warn the owner if another browser used it: an attacker may have seen it or phished it."""
        self._record(tx, EventName.CODE_REUSED, attempt, context, used.refused.code)
        await self._notify(tx, MessageKind.CODE_REUSED if used.elsewhere else None, attempt, context)

    async def _notify(
        self, tx: Tx, kind: MessageKind | None, attempt: Attempt[Any], context: RequestContext
    ) -> None:
        account = None if kind is None else await accounts.load(tx, attempt.user_id)
        if kind is not None and account is not None:
            await self.notifications.notify(tx, account, kind, context.client, attempt.now)

    def _record(
        self,
        tx: Tx,
        event: str,
        attempt: Attempt[Any],
        context: RequestContext,
        reason: ErrorCode | None = None,
    ) -> None:
        entry = AuditEvent(
            name=event,
            user_id=attempt.user_id,
            client=context.client,
            reason=reason,
            session_id=context.session_id,
        )
        audit.record(tx, entry, attempt.now)


def _notification_of(kind: AttemptKind, failures: int, *, is_new: bool) -> MessageKind | None:
    """Return the notification that this many consecutive failures cause; each is sent once in an episode."""
    if failures == kind.limit:
        return MessageKind.SECOND_FACTOR_CLOSED
    if failures == FREE_FAILURES + 1:
        return MessageKind.ACCOUNT_LOCKED
    if not is_new:
        return None
    # The password was correct and the second factor was not: an attacker may know the password.
    if kind is AttemptKind.STRANGER_CODE:
        return MessageKind.SECOND_FACTOR_REFUSED
    return MessageKind.ACCOUNT_LOCKED if failures > FREE_FAILURES else None


_MEANINGS = {
    (Stage.SIGN_IN, Verdict.ACCEPTED): "A {code} completed a sign-in.",
    (Stage.SIGN_IN, Verdict.REFUSED): "A wrong {code} at sign-in.",
    (Stage.STEP_UP, Verdict.ACCEPTED): "A {code} was verified in a session.",
    (Stage.STEP_UP, Verdict.REFUSED): "A wrong {code} in a session.",
}


def verification_events(factors: Iterable[type[Factor[Any]] | Factor[Any]]) -> dict[str, str]:
    """Return the events of verifying these factors, with their meanings."""
    return {
        verification_event(stage, factor.name, verdict): meaning.format(code=factor.code_name)
        for factor in factors
        for (stage, verdict), meaning in _MEANINGS.items()
    }


async def warn_of_copy(
    tx: Tx,
    notifications: SecurityNotifications,
    account: Account,
    authenticator_id: str | None,
    client: ClientInfo,
    session_id: SessionId,
    now: Millis,
) -> None:
    """Record that a passkey was used whose signature count had decreased, and notify the owner."""
    entry = AuditEvent(
        name=EventName.SIGN_COUNT_DECREASED,
        user_id=account.id,
        client=client,
        session_id=session_id,
        authenticator_id=authenticator_id,
    )
    audit.record(tx, entry, now)
    await notifications.notify(tx, account, MessageKind.SIGN_COUNT_DECREASED, client, now)
