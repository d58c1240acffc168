"""News to an account's owner about what happened to it (I8): decided on in the transaction, sent after it."""

from typing import Protocol

from athena_auth.accounts.model import Account
from athena_auth.delivery.model import EventContext, Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis, after
from athena_auth.store.transaction import Tx
from athena_auth.throttle.rules import FREE_FAILURES
from athena_auth.throttle.sends import budget as sends
from athena_auth.wire.caller import ClientInfo

_OF_USE = 259_200
"""Seconds for which a mail server that is down is tried: after three days it is no news any more."""


def password_notification(failures: int, limit: int, *, is_new: bool) -> MessageKind | None:
    """Return what so many wrong passwords in a row are news of, or None.

    The first that makes wait is, the last that is verified, and the first of a new episode that goes on with the count.
    """
    if failures == limit:
        return MessageKind.PASSWORDS_CLOSED
    if failures == FREE_FAILURES + 1 or (failures > FREE_FAILURES and is_new):
        return MessageKind.ACCOUNT_LOCKED
    return None


_OF_A_BLOCK = frozenset(
    {MessageKind.ACCOUNT_LOCKED, MessageKind.SECOND_FACTOR_CLOSED, MessageKind.PASSWORDS_CLOSED}
)
"""These carry a link that lets the owner in all the same."""


class UnblockLinks(Protocol):
    """Makes the links of mails about a blocked account."""

    lifetime: int
    """Seconds for which they work."""

    def make(self, tx: Tx, account: Account, now: Millis) -> str:
        """Return a link for the owner of this account; it is stored with the rest of the transaction."""
        ...


class SecurityNotifications:
    """Writes to owners."""

    def __init__(self, outbox: Outbox, app_name: str, links: UnblockLinks) -> None:
        """Take the way mail goes out, what the service is called, and the links of mails about a blocked account."""
        self._outbox = outbox
        self._app_name = app_name
        self._links = links

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
        """Tell the owner what happened, when and from where.

        An address that nobody has verified may be a stranger's: it gets no more than its share of an hour.
        """
        if not account.email_verified and not await sends.consume_notification(tx, account.id, now):
            return
        self._post(tx, account, kind, client, now, codes_left=codes_left)

    def notify_deleted(self, tx: Tx, account: Account, client: ClientInfo, now: Millis) -> None:
        """Tell the owner that their account is gone: once, so that nothing needs to be counted."""
        self._post(tx, account, MessageKind.ACCOUNT_DELETED, client, now)

    def _post(
        self,
        tx: Tx,
        account: Account,
        kind: MessageKind,
        client: ClientInfo,
        now: Millis,
        *,
        codes_left: int | None = None,
    ) -> None:
        has_link = kind in _OF_A_BLOCK
        message = Message(
            kind=kind,
            url=self._links.make(tx, account, now) if has_link else None,
            valid_for=self._links.lifetime if has_link else None,
            to=account.email,
            name=account.greeting_name,
            app_name=self._app_name,
            expires_at=after(now, _OF_USE),
            context=EventContext(now, client.address, client.user_agent),
            codes_left=codes_left,
        )
        self._outbox.post(tx, message, now)
