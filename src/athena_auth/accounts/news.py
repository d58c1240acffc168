"""News to an account's owner about what happened to it (I8): decided on in the transaction, sent after it."""

from athena_auth.accounts.model import Account
from athena_auth.delivery.model import Circumstances, Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis, after
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import ClientInfo

_OF_USE = 259_200
"""Seconds for which a mail server that is down is tried: after three days it is no news any more."""


class News:
    """Writes to owners."""

    def __init__(self, outbox: Outbox, app_name: str) -> None:
        """Take the way mail goes out, and what the service is called."""
        self._outbox = outbox
        self._app_name = app_name

    def tell(
        self,
        tx: Tx,
        account: Account,
        kind: MessageKind,
        client: ClientInfo,
        now: Millis,
        *,
        codes_left: int | None = None,
    ) -> None:
        """Tell the owner what happened, when and from where."""
        message = Message(
            kind=kind,
            to=account.email,
            name=account.name,
            app_name=self._app_name,
            expires_at=after(now, _OF_USE),
            circumstances=Circumstances(now, client.address, client.user_agent),
            codes_left=codes_left,
        )
        self._outbox.post(tx, message, now)
