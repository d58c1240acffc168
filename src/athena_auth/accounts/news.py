"""News to an account's owner about what happened to it (I8): decided on in the transaction, sent after it."""

from athena_auth.accounts.model import Account
from athena_auth.delivery.model import Circumstances, Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis, after
from athena_auth.store.transaction import Tx
from athena_auth.throttle.rules import FREE_FAILURES, MAX_FAILURES
from athena_auth.throttle.sends import budget as sends
from athena_auth.wire.caller import ClientInfo

_OF_USE = 259_200
"""Seconds for which a mail server that is down is tried: after three days it is no news any more."""


def news_of_passwords(failures: int) -> MessageKind | None:
    """Return what so many wrong passwords in a row are news of: of the first that makes wait, and of the end."""
    if failures == MAX_FAILURES:
        return MessageKind.PASSWORDS_CLOSED
    return MessageKind.ACCOUNT_LOCKED if failures == FREE_FAILURES + 1 else None


class News:
    """Writes to owners."""

    def __init__(self, outbox: Outbox, app_name: str) -> None:
        """Take the way mail goes out, and what the service is called."""
        self._outbox = outbox
        self._app_name = app_name

    async def tell(
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
        if not account.email_verified and not await sends.pay_for_news(tx, account.id, now):
            return
        message = Message(
            kind=kind,
            to=account.email,
            name=account.addressee,
            app_name=self._app_name,
            expires_at=after(now, _OF_USE),
            circumstances=Circumstances(now, client.address, client.user_agent),
            codes_left=codes_left,
        )
        self._outbox.post(tx, message, now)
