"""What happens when an account's credentials change (I5)."""

from collections.abc import Callable

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.challenge import sql
from athena_auth.challenge.model import Change
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Level
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sql import CLEAR_ALL

Subscriber = Callable[[Change], tuple[Statement, ...]]
"""The writes, by `user_id`, that end or move on what a slice keeps for an account when this happens to it."""

_TWO_FACTOR = {Change.FACTOR_ADDED: True, Change.FACTOR_REPLACED: True, Change.FACTORS_REMOVED: False}


class CredentialEvents:
    """Ends what hung on the old credentials, wherever it is kept."""

    def __init__(self, subscribers: tuple[Subscriber, ...]) -> None:
        """Ask each slice once what is to be done at each kind of change."""
        self._writes = {
            change: (CLEAR_ALL, *(write for subscriber in subscribers for write in subscriber(change)))
            for change in Change
        }

    async def announce(
        self, tx: Tx, user_id: UserId, change: Change, *, keep: SessionId | None, now: Millis
    ) -> Account | None:
        """Record the change, end what hung on the old credentials but for the session `keep`, return the account.

        The order is part of the guarantee. Each write waits for transactions that hold what it writes, and
        the next one sees what those added: first the account, which sign-ins hold; then the challenges, which
        second steps hold and turn into sessions; then the sessions, which step-ups hold and let trust devices;
        then the rest, in one go.
        """
        account = await accounts.change_credentials(
            tx, user_id, now, two_factor_enabled=_TWO_FACTOR.get(change)
        )
        await sql.end_all(tx, user_id)
        # A new factor leaves standing what was proven at its level; any other change leaves nothing.
        below = Level.TWO if change is Change.FACTOR_ADDED else None
        await sessions.end_others(tx, user_id, keep, below)
        self._put_off(tx, user_id, change)
        return account

    def withdraw_enrolment(self, tx: Tx, user_id: UserId) -> None:
        """Forget an enrolment that was begun on an account with no factor on; nothing rests on it yet."""
        self._put_off(tx, user_id, Change.FACTORS_REMOVED)

    def _put_off(self, tx: Tx, user_id: UserId, change: Change) -> None:
        for write in self._writes[change]:
            tx.later(write, user_id=user_id)
