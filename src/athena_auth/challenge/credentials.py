"""What happens when an account's credentials change (I5)."""

from collections.abc import Callable

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.accounts.news import News
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Entry
from athena_auth.challenge import sql
from athena_auth.challenge.model import Change
from athena_auth.challenge.trail import CHANGES
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Level
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sql import CLEAR_ALL
from athena_auth.wire.caller import ClientInfo

Subscriber = Callable[[Change], tuple[Statement, ...]]
"""The writes, by `user_id`, that end or move on what a slice keeps for an account when this happens to it."""

_TWO_FACTOR = {Change.FACTOR_ADDED: True, Change.FACTOR_REPLACED: True, Change.FACTORS_REMOVED: False}


class CredentialEvents:
    """Ends what hung on the old credentials, wherever it is kept; records it and tells the owner."""

    def __init__(self, news: News, subscribers: tuple[Subscriber, ...]) -> None:
        """Ask each slice once what is to be done at each kind of change."""
        self._news = news
        self._writes = {
            change: tuple(write for subscriber in (_guesses, *subscribers) for write in subscriber(change))
            for change in Change
        }

    async def announce(
        self,
        tx: Tx,
        user_id: UserId,
        change: Change,
        client: ClientInfo,
        *,
        keep: SessionId | None,
        keep_others: bool = False,
        now: Millis,
    ) -> Account | None:
        """Record the change, end what hung on the old credentials but for the session `keep`, return the account.

        The order is part of the guarantee. Each write waits for transactions that hold what it writes, and
        the next one sees what those added: first the account, which sign-ins hold; then the challenges, which
        second steps hold and turn into sessions; then the sessions, which step-ups hold and let trust devices;
        then the rest, in one go.

        With `keep_others` other sessions live on: the owner said so when she changed her password.
        """
        account = await accounts.change_credentials(
            tx, user_id, now, two_factor_enabled=_TWO_FACTOR.get(change)
        )
        await sql.end_all(tx, user_id)
        if not keep_others:
            # A new factor leaves standing what was proven at its level; any other change leaves nothing.
            below = Level.TWO if change is Change.FACTOR_ADDED else None
            await sessions.end_others(tx, user_id, keep, below)
        self._put_off(tx, user_id, change)
        event, kind = CHANGES[change]
        audit.record(tx, Entry(event=event, user_id=user_id, client=client, session_id=keep), now)
        if account is not None:
            self._news.tell(tx, account, kind, client, now)
        return account

    def withdraw_enrolment(self, tx: Tx, user_id: UserId) -> None:
        """Forget an enrolment that was begun on an account with no factor on; nothing rests on it yet."""
        self._put_off(tx, user_id, Change.FACTORS_REMOVED)

    def _put_off(self, tx: Tx, user_id: UserId, change: Change) -> None:
        for write in self._writes[change]:
            tx.later(write, user_id=user_id)


def _guesses(change: Change) -> tuple[Statement, ...]:
    """Give the budget of guesses back: what was guessed at is no more.

    Not after a reset by mail: the second factor is the same as before, and whoever reads the owner's mail would
    have as many guesses at it as she cares to ask resets for.
    """
    return () if change is Change.PASSWORD_RESET else (CLEAR_ALL,)
