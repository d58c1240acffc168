"""Verifying one code: count the attempt, verify, record, and notify the owner of what they should know."""

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.episodes import begins_episode
from athena_auth.accounts.news import News
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Entry, Event
from athena_auth.challenge.method import Claim, Method, Proven, Used
from athena_auth.challenge.trail import REFUSED
from athena_auth.crypto.keys import UnreadableError
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.ids import SessionId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.store.transaction import Tx
from athena_auth.throttle import budget
from athena_auth.throttle.model import AttemptKind, Blocked, Paid
from athena_auth.throttle.rules import FREE_FAILURES
from athena_auth.wire.caller import ClientInfo


class Circumstances(msgspec.Struct, frozen=True):
    """Where a code is offered."""

    client: ClientInfo
    session_id: SessionId | None = None
    """The live session it is offered in, if it is."""
    recognized: bool = False
    """Whether the challenge was issued to a browser that has signed in to this account before."""

    @property
    def kind(self) -> AttemptKind:
        """Whose attempts it is counted with."""
        if self.recognized or self.session_id is not None:
            return AttemptKind.RECOGNIZED_CODE
        return AttemptKind.STRANGER_CODE


class Judge:
    """Verifies codes, in the caller's transaction."""

    def __init__(self, news: News) -> None:
        """Take the way to write to owners."""
        self._news = news

    async def judge(
        self, tx: Tx, methods: tuple[Method, ...], claim: Claim, where: Circumstances
    ) -> Proven | Refused | Used | Blocked:
        """Verify a code against the first of these factors that knows it.

        Failures are counted and recorded here; the caller records a success.
        An attempt that is not verified is not recorded either: whoever goes on while they are blocked must not be able to
        fill the audit log.
        """
        throttled = any(method.is_throttled for method in methods)
        paid = (
            await budget.pay(tx, claim.user_id, where.kind, claim.now)
            if throttled
            else await budget.look(tx, claim.user_id, where.kind)
        )
        if isinstance(paid, Blocked):
            return paid
        method, outcome = await _first(tx, methods, claim)
        if isinstance(outcome, Proven):
            # A change of credentials resets all kinds (`CredentialEvents`).
            if outcome.change is None:
                budget.clear(tx, claim.user_id, where.kind)
        elif isinstance(outcome, Used):
            if throttled:
                budget.refund(tx, claim.user_id, where.kind)
            await self._reused(tx, claim, where, outcome)
        else:
            await self._failed(tx, method, claim, where, paid, outcome)
        return outcome

    async def _failed(
        self, tx: Tx, method: Method, claim: Claim, where: Circumstances, paid: Paid, refused: Refused
    ) -> None:
        is_new = await begins_episode(tx, claim.user_id, paid.warned_at, claim.now)
        kind = _notification_of(where.kind, paid.failures, is_new=is_new)
        budget.record_failure(tx, claim.user_id, where.kind, paid, claim.now, warned=kind is not None)
        self._record(tx, REFUSED[method.name, claim.binding.signed_in], claim, where, refused.code)
        if kind is MessageKind.SECOND_FACTOR_CLOSED:
            self._record(tx, Event.SECOND_STEP_CLOSED, claim, where)
        await self._notify(tx, kind, claim, where)

    async def _reused(self, tx: Tx, claim: Claim, where: Circumstances, used: Used) -> None:
        """Record a used code. From elsewhere it is a warning: someone has seen it, on a screen or on a forged page."""
        self._record(tx, Event.CODE_REUSED, claim, where, used.refused.code)
        await self._notify(tx, MessageKind.CODE_REUSED if used.elsewhere else None, claim, where)

    async def _notify(self, tx: Tx, kind: MessageKind | None, claim: Claim, where: Circumstances) -> None:
        account = None if kind is None else await accounts.load(tx, claim.user_id)
        if kind is not None and account is not None:
            await self._news.tell(tx, account, kind, where.client, claim.now)

    def _record(
        self, tx: Tx, event: Event, claim: Claim, where: Circumstances, reason: ErrorCode | None = None
    ) -> None:
        entry = Entry(
            event=event,
            user_id=claim.user_id,
            client=where.client,
            reason=reason,
            session_id=where.session_id,
        )
        audit.record(tx, entry, claim.now)


async def _first(tx: Tx, methods: tuple[Method, ...], claim: Claim) -> tuple[Method, Proven | Refused | Used]:
    """Return the first factor that knows the code, else the first refusal.

    Raises:
        UnreadableError: none knows it, and one could not be looked at.
    """
    refused: list[tuple[Method, Proven | Refused | Used]] = []
    unreadable: UnreadableError | None = None
    for method in methods:
        try:
            outcome = await method.check(tx, claim)
        except UnreadableError as error:
            unreadable = error
            continue
        if not isinstance(outcome, Refused):
            return method, outcome
        refused.append((method, outcome))
    if unreadable is not None:
        raise unreadable
    return refused[0]


def _notification_of(kind: AttemptKind, failures: int, *, is_new: bool) -> MessageKind | None:
    """Return what so many failures in a row are news of: each is told once in an episode."""
    if failures == kind.limit:
        return MessageKind.SECOND_FACTOR_CLOSED
    if failures == FREE_FAILURES + 1:
        return MessageKind.ACCOUNT_LOCKED
    if not is_new:
        return None
    # The password was right and the second factor was not. In a session it is the owner, or a stolen session.
    if kind is AttemptKind.STRANGER_CODE:
        return MessageKind.SECOND_FACTOR_REFUSED
    return MessageKind.ACCOUNT_LOCKED if failures > FREE_FAILURES else None
