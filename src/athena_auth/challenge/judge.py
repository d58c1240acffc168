"""Judging one code: pay, look, record, and tell the owner what she should know."""

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.news import News
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Entry, Event
from athena_auth.challenge.method import Claim, Method, Proven
from athena_auth.challenge.trail import REFUSED
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.ids import SessionId
from athena_auth.kernel.outcome import Refused
from athena_auth.store.transaction import Tx
from athena_auth.throttle import budget
from athena_auth.throttle.model import Blocked, Lane, Paid
from athena_auth.throttle.rules import FREE_FAILURES, MAX_FAILURES
from athena_auth.wire.caller import ClientInfo


class Circumstances(msgspec.Struct, frozen=True):
    """Where a claim is made."""

    client: ClientInfo
    session_id: SessionId | None = None
    """The live session it is made in, if it is."""

    @property
    def lane(self) -> Lane:
        """The lane it is paid for in."""
        return Lane.CHALLENGE if self.session_id is None else Lane.SESSION


class Judge:
    """Judges claims, in the caller's transaction."""

    def __init__(self, news: News) -> None:
        """Take the way to write to owners."""
        self._news = news

    async def judge(
        self, tx: Tx, method: Method, claim: Claim, where: Circumstances
    ) -> Proven | Refused | Blocked:
        """Judge a claim. What was wrong with it is counted and recorded; the caller records a success.

        A guess that is not looked at is not recorded either: whoever goes on guessing at a closed door must not
        be able to fill the trail.
        """
        paid = await budget.pay(tx, claim.user_id, where.lane, claim.now)
        if isinstance(paid, Blocked):
            return paid
        proven = await method.check(tx, claim)
        if isinstance(proven, Proven):
            # A change of credentials clears all lanes (`CredentialEvents`).
            if proven.change is None:
                budget.clear(tx, claim.user_id, where.lane)
            return proven
        budget.record_failure(tx, claim.user_id, where.lane, paid, claim.now)
        self._record(tx, REFUSED[method.name, claim.binding.signed_in], claim, where, proven)
        await self._tell(tx, claim, where, paid)
        return proven

    async def _tell(self, tx: Tx, claim: Claim, where: Circumstances, paid: Paid) -> None:
        kind = _news_of(where.lane, paid.failures)
        if kind is MessageKind.SECOND_FACTOR_CLOSED:
            self._record(tx, Event.SECOND_STEP_CLOSED, claim, where, None)
        account = None if kind is None else await accounts.load(tx, claim.user_id)
        if kind is not None and account is not None:
            await self._news.tell(tx, account, kind, where.client, claim.now)

    def _record(
        self, tx: Tx, event: Event, claim: Claim, where: Circumstances, refused: Refused | None
    ) -> None:
        reason = None if refused is None else refused.code
        entry = Entry(
            event=event,
            user_id=claim.user_id,
            client=where.client,
            reason=reason,
            session_id=where.session_id,
        )
        audit.record(tx, entry, claim.now)


def _news_of(lane: Lane, failures: int) -> MessageKind | None:
    """Return what so many failures in a row are news of: each is told once, until a success ends the episode."""
    if failures == MAX_FAILURES and lane is Lane.CHALLENGE:
        return MessageKind.SECOND_FACTOR_CLOSED
    if failures == FREE_FAILURES + 1:
        return MessageKind.ACCOUNT_LOCKED
    # Somebody has the password and not the second factor. In a session it is the owner, or a stolen session.
    return MessageKind.SECOND_FACTOR_REFUSED if failures == 1 and lane is Lane.CHALLENGE else None
