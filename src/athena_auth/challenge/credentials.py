"""What happens when an account's credentials change (I5)."""

from collections.abc import Callable

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent
from athena_auth.challenge import sql
from athena_auth.challenge.audit_events import CHANGES
from athena_auth.challenge.model import Change
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Level
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sql import END_DELAYS, RESET_ALL, RESET_PASSWORDS
from athena_auth.wire.caller import ClientInfo

Subscriber = Callable[[Change], tuple[Statement, ...]]
"""The writes, by `user_id`, that end or move on what a slice keeps for an account when this happens to it."""

_TWO_FACTOR = {
    Change.FACTOR_ADDED: True,
    Change.FACTOR_REPLACED: True,
    Change.FACTORS_REMOVED: False,
    Change.FACTORS_RESET: False,
    Change.ACCOUNT_RECLAIMED: False,
}


class Actor(msgspec.Struct, frozen=True):
    """Who changes credentials, and what she keeps."""

    client: ClientInfo
    session_id: SessionId | None
    """The session it is done in, which stays."""
    keeps_others: bool = False
    """Whether other sessions live on too: the owner may say so when she changes her password."""
    reset_attempts: bool = True
    """Whether failed attempts at the second factor are forgotten. Not for whoever has shown none though one is on: the
    factor is the same as before, and an attacker could change the password back and forth for new attempts."""


class CredentialEvents:
    """Ends what hung on the old credentials, wherever it is kept; records it and tells the owner."""

    def __init__(self, notifications: SecurityNotifications, subscribers: tuple[Subscriber, ...]) -> None:
        """Ask each slice once what is to be done at each kind of change."""
        self._notifications = notifications
        self._writes = {
            change: tuple(write for subscriber in subscribers for write in subscriber(change))
            for change in Change
        }

    async def announce(
        self,
        tx: Tx,
        user_id: UserId,
        change: Change,
        actor: Actor,
        now: Millis,
    ) -> Account | None:
        """Record the change, end what hung on the old credentials but for the actor's session, return the account.

        The order is part of the guarantee. Each write waits for transactions that hold what it writes, and
        the next one sees what those added: first the account, which sign-ins hold; then the challenges, which
        second steps hold and turn into sessions; then the sessions, which step-ups hold and let trust devices;
        then the rest, in one go.
        """
        account = await accounts.change_credentials(
            tx, user_id, now, two_factor_enabled=_TWO_FACTOR.get(change)
        )
        await sql.end_all(tx, user_id)
        if not actor.keeps_others:
            # A new factor leaves standing what was proven at its level; any other change leaves nothing.
            below = Level.TWO if change is Change.FACTOR_ADDED else None
            await sessions.end_others(tx, user_id, actor.session_id, below)
        if change.removes_factors and actor.session_id is not None:
            # Else a thief who takes the factors off keeps a session that outlives the owner's next factor.
            await sessions.lower(tx, actor.session_id)
        tx.defer(_attempts_of(change, actor), user_id=user_id)
        self._put_off(tx, user_id, change)
        event, kind = CHANGES[change]
        entry = AuditEvent(name=event, user_id=user_id, client=actor.client, session_id=actor.session_id)
        audit.record(tx, entry, now)
        if account is not None:
            await self._notifications.notify(tx, account, kind, actor.client, now)
        return account

    def cancel_enrolment(self, tx: Tx, user_id: UserId) -> None:
        """Forget an enrolment that was begun on an account with no factor on; nothing rests on it yet."""
        tx.defer(RESET_ALL, user_id=user_id)
        self._put_off(tx, user_id, Change.FACTORS_REMOVED)

    def _put_off(self, tx: Tx, user_id: UserId, change: Change) -> None:
        for write in self._writes[change]:
            tx.defer(write, user_id=user_id)


def _attempts_of(change: Change, actor: Actor) -> Statement:
    """Return what becomes of the counted attempts."""
    if actor.reset_attempts or change.removes_factors:
        return RESET_ALL
    # Whoever reads the mail need not wait for what strangers tried, and gets no new attempts either.
    return END_DELAYS if change is Change.PASSWORD_RESET else RESET_PASSWORDS
