"""Sending links: to whoever has an account, and saying nothing of who has."""

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Entry, Event
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.delivery.model import Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Clock, after
from athena_auth.recovery import sql
from athena_auth.recovery.links import with_parameters
from athena_auth.recovery.model import LIFETIMES, Purpose
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.sends import budget as sends
from athena_auth.wire.caller import ClientInfo

_KINDS = {
    Purpose.VERIFY_EMAIL: MessageKind.EMAIL_VERIFICATION,
    Purpose.RESET_PASSWORD: MessageKind.PASSWORD_RESET,
}
_SENDS = {Purpose.VERIFY_EMAIL: sends.Kind.VERIFY, Purpose.RESET_PASSWORD: sends.Kind.RESET}


class LinkMail:
    """Makes links and puts their mail into the outbox."""

    def __init__(self, store: Store, clock: Clock, outbox: Outbox, app_name: str) -> None:
        """Take what it works with, and what the service is called."""
        self._store = store
        self._clock = clock
        self._outbox = outbox
        self._app_name = app_name

    async def send(self, email: str, purpose: Purpose, page: str, client: ClientInfo) -> None:
        """Send a link to `page`, which finds the token in its query, if there is an account with this address.

        Nothing is said when too many were sent of late, or when there is nothing to verify: the caller has had
        his answer already, the same as everybody's.
        """
        now = self._clock.now()

        async def work(tx: Tx) -> None:
            stored = await accounts.load_password_by_email(tx, email)
            if stored is None or (purpose is Purpose.VERIFY_EMAIL and stored.account.email_verified):
                return
            if await sends.pay(tx, stored.account.id, _SENDS[purpose], now) is not None:
                return
            self._post(tx, stored.account, purpose, page)
            if purpose is Purpose.RESET_PASSWORD:
                entry = Entry(event=Event.PASSWORD_RESET_ASKED, user_id=stored.account.id, client=client)
                audit.record(tx, entry, now)

        await self._store.transact(work)

    def _post(self, tx: Tx, account: Account, purpose: Purpose, page: str) -> None:
        now, lifetime = self._clock.now(), LIFETIMES[purpose]
        token, expires_at = new_token(TokenKind.MAIL), after(now, lifetime)
        sql.put(tx, digest(TokenKind.MAIL, token), account.id, purpose, now=now, expires_at=expires_at)
        message = Message(
            kind=_KINDS[purpose],
            to=account.email,
            name=account.addressee,
            app_name=self._app_name,
            url=with_parameters(page, token=token),
            valid_for=lifetime,
            expires_at=expires_at,
        )
        self._outbox.post(tx, message, now)
