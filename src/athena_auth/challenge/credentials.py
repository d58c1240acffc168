"""What happens when an account's credentials change (I5)."""

from collections.abc import Awaitable, Callable

from athena_auth.accounts import sql as accounts
from athena_auth.challenge import sql
from athena_auth.challenge.model import Change
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Level
from athena_auth.store.transaction import Tx

Subscriber = Callable[[Tx, UserId, Change], Awaitable[None]]
"""Ends or moves on what a slice keeps for an account, in the transaction of the change."""

_TWO_FACTOR = {Change.FACTOR_ADDED: True, Change.FACTOR_REPLACED: True, Change.FACTORS_REMOVED: False}


class CredentialEvents:
    """Announces a change to everybody who keeps something that hung on the old credentials."""

    def __init__(self, subscribers: tuple[Subscriber, ...]) -> None:
        """Take the slices' subscribers."""
        self._subscribers = subscribers

    async def announce(
        self, tx: Tx, user_id: UserId, change: Change, *, keep: SessionId | None, now: Millis
    ) -> None:
        """Record the change and end what hung on the old credentials, but for the session `keep`.

        The account's row is written first. From then on every sign-in that still rests on the old
        credentials waits for this transaction and then finds itself outdated; every one that got there
        before is committed, and what it added is deleted here.
        """
        await accounts.change_credentials(tx, user_id, now, two_factor_enabled=_TWO_FACTOR.get(change))
        await sql.end_all(tx, user_id)
        # A new factor leaves standing what was proven at its level; any other change leaves nothing.
        below = Level.TWO if change is Change.FACTOR_ADDED else None
        await sessions.end_others(tx, user_id, keep, below)
        for subscriber in self._subscribers:
            await subscriber(tx, user_id, change)

    async def withdraw_enrolment(self, tx: Tx, user_id: UserId) -> None:
        """Forget an enrolment that was begun on an account with no factor on; nothing rests on it yet."""
        for subscriber in self._subscribers:
            await subscriber(tx, user_id, Change.FACTORS_REMOVED)
