"""Security notifications to account owners (I8): decided in the transaction, sent after it."""

from dataclasses import dataclass
from typing import Protocol

from athena_auth.accounts.model import Account
from athena_auth.delivery.model import EventContext, Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import UserId
from athena_auth.sessions import sql as sessions
from athena_auth.store.transaction import Tx
from athena_auth.throttle.rules import FREE_FAILURES, is_new_episode
from athena_auth.throttle.sends import budget as sends
from athena_auth.wire.caller import ClientInfo

_LIFETIME = 259_200
"""Seconds for which delivery is retried; after three days a notification is no longer useful."""


def password_notification(failures: int, limit: int, *, is_new: bool) -> MessageKind | None:
    """Return the notification that this many consecutive wrong passwords cause, or None.

    The owner is notified of the first failure that causes a delay, of the last one before attempts are blocked, and
    of the first one of a new episode that continues the count.
    """
    if failures == limit:
        return MessageKind.PASSWORDS_CLOSED
    if failures == FREE_FAILURES + 1 or (failures > FREE_FAILURES and is_new):
        return MessageKind.ACCOUNT_LOCKED
    return None


_WITH_LINK = frozenset(
    {MessageKind.ACCOUNT_LOCKED, MessageKind.SECOND_FACTOR_CLOSED, MessageKind.PASSWORDS_CLOSED}
)
"""Notifications of a block; they contain a link with which the owner can still sign in."""


class UnblockLinks(Protocol):
    """Creates the links in emails about a blocked account."""

    lifetime: int
    """Seconds for which a link works."""

    def make(self, tx: Tx, account: Account, now: Millis) -> str:
        """Store a link for this account in the caller's transaction, and return its URL."""
        ...


@dataclass(frozen=True, slots=True)
class SecurityNotifications:
    """Emails account owners about security events.

    Attributes:
        app_name: The name of the service in the emails.
    """

    outbox: Outbox
    app_name: str
    links: UnblockLinks

    async def notify(
        self,
        tx: Tx,
        account: Account,
        kind: MessageKind,
        client: ClientInfo,
        now: Millis,
        *,
        codes_left: int | None = None,
    ) -> None:
        """Notify the owner of what happened, when and from where.

        An unverified address may belong to someone else, so the number of its notifications per hour is limited.
        """
        if not account.email_verified and not await sends.consume_notification(tx, account.id, now):
            return
        self._post(tx, account, kind, client, now, codes_left=codes_left)

    async def notify_of_deadline(
        self, tx: Tx, account: Account, kind: MessageKind, due_at: Millis, now: Millis
    ) -> None:
        """Notify the owner of the deadline for a second factor. No request caused it, so none is described."""
        if not account.email_verified and not await sends.consume_notification(tx, account.id, now):
            return
        message = Message(
            kind=kind,
            to=account.email,
            name=account.greeting_name,
            app_name=self.app_name,
            language=account.language,
            expires_at=after(now, _LIFETIME),
            due_at=due_at,
        )
        self.outbox.post(tx, message, now)

    def notify_of_sign_up(self, tx: Tx, account: Account, client: ClientInfo, now: Millis) -> None:
        """Notify the owner of a sign-up with their address. The caller has counted it (`consume_sign_up`)."""
        self._post(tx, account, MessageKind.SIGN_UP_REPEATED, client, now)

    def notify_deleted(self, tx: Tx, account: Account, client: ClientInfo, now: Millis) -> None:
        """Notify the owner that the account was deleted. This happens once, so it is not limited."""
        self._post(tx, account, MessageKind.ACCOUNT_DELETED, client, now)

    def notify_at(
        self, tx: Tx, recipient: Account, kind: MessageKind, client: ClientInfo, now: Millis
    ) -> None:
        """Notify an address about a change of address. The caller has bounded the number of these mails."""
        self._post(tx, recipient, kind, client, now)

    def notify_with_link(
        self,
        tx: Tx,
        recipient: Account,
        kind: MessageKind,
        client: ClientInfo,
        now: Millis,
        link: str,
        valid_for: int,
    ) -> None:
        """Send an address the link that completes or undoes a change of address; it works for `valid_for` seconds."""
        self._post(tx, recipient, kind, client, now, link=(link, valid_for))

    def _post(
        self,
        tx: Tx,
        account: Account,
        kind: MessageKind,
        client: ClientInfo,
        now: Millis,
        *,
        codes_left: int | None = None,
        link: tuple[str, int] | None = None,
    ) -> None:
        if kind in _WITH_LINK:
            link = (self.links.make(tx, account, now), self.links.lifetime)
        url, valid_for = link or (None, None)
        message = Message(
            kind=kind,
            url=url,
            valid_for=valid_for,
            to=account.email,
            name=account.greeting_name,
            app_name=self.app_name,
            language=account.language,
            expires_at=after(now, min(_LIFETIME, valid_for or _LIFETIME)),
            context=EventContext(now, client.address, client.user_agent),
            codes_left=codes_left,
        )
        self.outbox.post(tx, message, now)


async def begins_episode(tx: Tx, user_id: UserId, warned_at: Millis, now: Millis) -> bool:
    """Tell whether a failure now begins a new episode: a day after the last warning, or after a sign-in since then.

    If episodes did not end, a mistyped code weeks ago would suppress the warning of an attack today.
    """
    return is_new_episode(warned_at, now) or await sessions.began_since(tx, user_id, warned_at)
