"""What happens when an account's credentials change (I5)."""

from collections.abc import Callable

import msgspec

from athena_auth import enrolment_tokens
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.recovery_cases import cancellation
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.mfa import sql
from athena_auth.mfa.model import Change
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Level
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sql import END_DELAYS, RESET_ALL, RESET_PASSWORDS
from athena_auth.wire.caller import ClientInfo

Subscriber = Callable[[Change], tuple[Statement, ...]]
"""Returns the writes, by `user_id`, that a package needs when this change happens to an account."""

_RECORDS: dict[Change, tuple[EventName, MessageKind | None]] = {
    Change.PASSWORD_CHANGED: (EventName.PASSWORD_CHANGED, MessageKind.PASSWORD_CHANGED),
    Change.PASSWORD_REMOVED: (EventName.PASSWORD_REMOVED, MessageKind.PASSWORD_REMOVED),
    Change.PASSWORD_SET: (EventName.PASSWORD_SET, MessageKind.PASSWORD_SET),
    Change.PASSWORD_RESET: (EventName.PASSWORD_RESET, MessageKind.PASSWORD_WAS_RESET),
    Change.ACCOUNT_RECLAIMED: (EventName.ACCOUNT_RECLAIMED, MessageKind.ACCOUNT_RECLAIMED),
    # Who changes the address notifies the other one too (`email_change/service.py`).
    Change.EMAIL_CHANGED: (EventName.EMAIL_CHANGED, None),
    Change.EMAIL_RESTORED: (EventName.EMAIL_RESTORED, None),
    Change.FACTOR_ADDED: (EventName.FACTOR_ADDED, MessageKind.FACTOR_ADDED),
    Change.FACTOR_REPLACED: (EventName.FACTOR_REPLACED, MessageKind.FACTOR_REPLACED),
    Change.PASSKEY_ADDED: (EventName.PASSKEY_ADDED, MessageKind.PASSKEY_ADDED),
    Change.PASSKEY_REMOVED: (EventName.PASSKEY_REMOVED, MessageKind.PASSKEY_REMOVED),
    Change.AUTHENTICATOR_REMOVED: (EventName.AUTHENTICATOR_REMOVED, MessageKind.AUTHENTICATOR_REMOVED),
    Change.AUTHENTICATOR_REVOKED: (EventName.AUTHENTICATOR_REVOKED, MessageKind.AUTHENTICATOR_REVOKED),
    Change.AUTHENTICATOR_SUSPENDED: (EventName.AUTHENTICATOR_SUSPENDED, MessageKind.AUTHENTICATOR_SUSPENDED),
    Change.AUTHENTICATOR_RESUMED: (EventName.AUTHENTICATOR_RESUMED, MessageKind.AUTHENTICATOR_RESUMED),
    Change.FACTORS_REMOVED: (EventName.FACTORS_REMOVED, MessageKind.FACTORS_REMOVED),
    Change.FACTORS_RESET: (EventName.FACTORS_RESET, MessageKind.FACTORS_RESET),
    Change.FACTORS_RECOVERED: (EventName.FACTORS_RECOVERED, MessageKind.FACTORS_RECOVERED),
}
"""The audit event of each change of credentials, and the notification to the account's address."""

_REPEATABLE = frozenset(
    {
        Change.PASSKEY_ADDED,
        Change.PASSKEY_REMOVED,
        Change.AUTHENTICATOR_REMOVED,
        Change.AUTHENTICATOR_SUSPENDED,
        Change.AUTHENTICATOR_RESUMED,
        Change.PASSWORD_REMOVED,
    }
)
"""Changes that need no password. They reset no attempts: an attacker in a stolen session would repeat one, for instance with a
passkey of their own, to get new attempts at the password."""

_TWO_FACTOR = {
    Change.FACTOR_ADDED: True,
    Change.FACTOR_REPLACED: True,
    Change.FACTORS_REMOVED: False,
    Change.FACTORS_RESET: False,
    Change.FACTORS_RECOVERED: False,
    Change.ACCOUNT_RECLAIMED: False,
}


class Actor(msgspec.Struct, frozen=True):
    """Who changes credentials, and what survives the change."""

    client: ClientInfo
    session_id: SessionId | None
    """The session that made the change; it is kept."""
    keeps_other_sessions: bool = False
    """Whether other sessions are kept too: owners may choose so when they change their password."""
    reset_attempts: bool = True
    """Whether failed attempts at the second factor are reset. They are not if a second factor is on and was not
    verified: the factor stays the same, and an attacker could change the password repeatedly to get new attempts."""
    note: str | None = None
    """An operator's reason, in their words."""


class CredentialEvents:
    """Revokes everything that rests on the old credentials, records the change and notifies the owner.

    Args:
        notifications: Sends the emails to account owners.
        subscribers: Asked once, here, for their writes at each kind of change.
    """

    def __init__(self, notifications: SecurityNotifications, subscribers: tuple[Subscriber, ...]) -> None:
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
        *,
        authenticator_id: str | None = None,
    ) -> Account | None:
        """Record the change, revoke what rests on the old credentials except the actor's session; return the account.

        The order is part of the guarantee. Each write waits for transactions that have locked the same rows, and the
        next write sees what they added. First the account, which sign-ins lock; then the challenges and enrolment tokens,
        which second steps lock and turn into sessions; then the sessions, which step-ups lock and which can trust devices; then
        everything else at once.
        """
        account = await accounts.change_credentials(
            tx, user_id, now, two_factor_enabled=_TWO_FACTOR.get(change)
        )
        if change is not Change.PASSKEY_ADDED:
            # Nothing rests on a passkey that is new. Password managers add one after a sign-in by themselves, and an attacker
            # in a session must not end the link by which the owner is about to set another password.
            await self._revoke(tx, user_id, change, actor)
        if (resets := _attempts_of(change, actor)) is not None:
            tx.defer(resets, user_id=user_id)
        event, kind = _RECORDS[change]
        audit.record(tx, _entry(event, user_id, actor, authenticator_id), now)
        if account is not None and change.removes_factors:
            await cancellation.end(tx, account, actor.client, now)
        elif account is not None:
            await cancellation.cancel(tx, self._notifications, account, actor.client, now)
        if account is not None and kind is not None:
            await self._notifications.notify(tx, account, kind, actor.client, now)
        return account

    async def _revoke(self, tx: Tx, user_id: UserId, change: Change, actor: Actor) -> None:
        """Revoke what rests on the old credentials, in the order that `announce` explains."""
        await sql.end_all(tx, user_id)
        await enrolment_tokens.end_all(tx, user_id)
        if not actor.keeps_other_sessions:
            # A factor that is added leaves sessions alone that have verified one.
            below = Level.TWO if change.only_adds else None
            await sessions.end_others(tx, user_id, actor.session_id, below)
        if change.removes_factors and actor.session_id is not None:
            # Otherwise an attacker who removes the factors keeps a session that survives the owner's next enrolment.
            await sessions.lower(tx, actor.session_id)
        self._defer_writes(tx, user_id, change)

    def cancel_enrolment(self, tx: Tx, user_id: UserId) -> None:
        """Cancel an enrolment of an account that has no factor on. No session or device depends on it yet."""
        tx.defer(RESET_ALL, user_id=user_id)
        self._defer_writes(tx, user_id, Change.ENROLMENT_CANCELLED)

    def _defer_writes(self, tx: Tx, user_id: UserId, change: Change) -> None:
        for write in self._writes[change]:
            tx.defer(write, user_id=user_id)


def _entry(event: EventName, user_id: UserId, actor: Actor, authenticator_id: str | None) -> AuditEvent:
    return AuditEvent(
        name=event,
        user_id=user_id,
        client=actor.client,
        session_id=actor.session_id,
        authenticator_id=authenticator_id,
        note=actor.note,
    )


def _attempts_of(change: Change, actor: Actor) -> Statement | None:
    """Return the write that resets the counted attempts, as far as this change allows it."""
    if change in _REPEATABLE:
        return None
    if actor.reset_attempts or change.removes_factors:
        return RESET_ALL
    # A link from an email ends the delay that strangers' attempts caused, but gives no new attempts at codes.
    return RESET_PASSWORDS if change in {Change.PASSWORD_CHANGED, Change.PASSWORD_SET} else END_DELAYS
