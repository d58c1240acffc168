"""Sending links to accounts, without revealing which addresses have one, and the links in mails about a blocked account."""

from dataclasses import dataclass

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.delivery.model import Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Clock, Millis, after
from athena_auth.mfa.recognized_browsers import RecognizedBrowsers
from athena_auth.recovery import sql
from athena_auth.recovery.sql import LIFETIMES, Purpose
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.sends import budget as sends
from athena_auth.wire.caller import Caller
from athena_auth.wire.redirects import with_parameters

_KINDS = {
    Purpose.VERIFY_EMAIL: MessageKind.EMAIL_VERIFICATION,
    Purpose.RESET_PASSWORD: MessageKind.PASSWORD_RESET,
}


@dataclass(frozen=True, slots=True)
class EmailLinkSender:
    """Creates links and puts their emails into the outbox."""

    store: Store
    clock: Clock
    outbox: Outbox
    browsers: RecognizedBrowsers
    app_name: str

    async def send(self, email: str, purpose: Purpose, page: str, caller: Caller) -> None:
        """Send a link to `page`, with the token in its query, if there is an account with this address.

        Nothing is sent if too many links were sent recently, or if the address is already verified. The caller does not
        learn of that: the response was the same and has already been sent.
        """
        now = self.clock.now()

        async def work(tx: Tx) -> None:
            stored = await accounts.load_password_by_email(tx, email)
            if stored is None or (purpose is Purpose.VERIFY_EMAIL and stored.account.email_verified):
                return
            kind = self._kind(stored.account, purpose, caller, now)
            if await sends.consume(tx, stored.account.id, kind, caller.client.address, now) is not None:
                return
            self.post(tx, stored.account, purpose, page)
            if purpose is Purpose.RESET_PASSWORD:
                entry = AuditEvent(
                    name=EventName.PASSWORD_RESET_ASKED, user_id=stored.account.id, client=caller.client
                )
                audit.record(tx, entry, now)

        await self.store.transact(work)

    def _kind(self, account: Account, purpose: Purpose, caller: Caller, now: Millis) -> sends.SendKind:
        """Return the kind in which this send is counted: strangers must not use up the owner's sends."""
        if purpose is Purpose.VERIFY_EMAIL:
            return sends.SendKind.VERIFY
        token = caller.tokens.recognized_browser
        recognized = self.browsers.is_recognized(account, token, now)
        return sends.SendKind.RESET_RECOGNIZED if recognized else sends.SendKind.RESET

    def post(self, tx: Tx, account: Account, purpose: Purpose, page: str) -> None:
        """Store a link to `page` and its email in the caller's transaction, which has counted the send."""
        now, lifetime = self.clock.now(), LIFETIMES[purpose]
        token, expires_at = new_token(TokenKind.MAIL), after(now, lifetime)
        sql.put(tx, digest(TokenKind.MAIL, token), account.id, purpose, now=now, expires_at=expires_at)
        message = Message(
            kind=_KINDS[purpose],
            to=account.email,
            name=account.greeting_name,
            app_name=self.app_name,
            language=account.language,
            url=with_parameters(page, token=token),
            valid_for=lifetime,
            expires_at=expires_at,
        )
        self.outbox.post(tx, message, now)


class RecognitionLinks:
    """Creates the links. `page` is the URL of the page that they lead to."""

    lifetime = LIFETIMES[Purpose.RECOGNIZE_BROWSER]
    """Seconds."""

    def __init__(self, page: str) -> None:
        self._page = page

    def make(self, tx: Tx, account: Account, now: Millis) -> str:
        """Store a link for this account in the caller's transaction, and return its URL."""
        token = new_token(TokenKind.MAIL)
        expires_at = after(now, self.lifetime)
        sql.put(
            tx,
            digest(TokenKind.MAIL, token),
            account.id,
            Purpose.RECOGNIZE_BROWSER,
            now=now,
            expires_at=expires_at,
        )
        return with_parameters(self._page, token=token)
