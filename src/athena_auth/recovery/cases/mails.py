"""Mails about recovery cases, each with its link, in the transaction of what they report."""

from dataclasses import dataclass

from athena_auth.accounts.model import Account
from athena_auth.accounts.recovery_cases.rules import RecoveryCase
from athena_auth.audit.model import NO_CLIENT
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.delivery.model import EventContext, Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis, after
from athena_auth.recovery import sql
from athena_auth.recovery.sql import LIFETIMES, Purpose
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import ClientInfo
from athena_auth.wire.redirects import with_parameters


@dataclass(frozen=True, slots=True)
class RecoveryMails:
    """Puts mails about recovery cases into the outbox.

    They are not limited like the notifications to an unverified address: a case sends one a day, and its owner has opened a
    link at this address.

    Attributes:
        pages: The URL below which the pages are that mails link to.
    """

    outbox: Outbox
    app_name: str
    pages: str

    def requested(self, tx: Tx, account: Account, client: ClientInfo, now: Millis) -> None:
        """Send the link that opens a case. The caller has counted the send."""
        lifetime = LIFETIMES[Purpose.OPEN_RECOVERY]
        expires_at = after(now, lifetime)
        message = Message(
            kind=MessageKind.RECOVERY_REQUESTED,
            to=account.email,
            name=account.greeting_name,
            app_name=self.app_name,
            language=account.language,
            url=self._link(tx, account, Purpose.OPEN_RECOVERY, now, expires_at),
            valid_for=lifetime,
            expires_at=expires_at,
            context=EventContext(now, client.address, client.user_agent),
        )
        self.outbox.post(tx, message, now)

    def opened(self, tx: Tx, account: Account, case: RecoveryCase, client: ClientInfo, now: Millis) -> None:
        """Report that a case was opened."""
        self._report(tx, account, case, MessageKind.RECOVERY_OPENED, client, now)

    def opened_by_operator(self, tx: Tx, account: Account, case: RecoveryCase, now: Millis) -> None:
        """Report that an operator opened a case."""
        self._report(tx, account, case, MessageKind.RECOVERY_OPENED_BY_OPERATOR, NO_CLIENT, now)

    def daily(self, tx: Tx, account: Account, case: RecoveryCase, now: Millis) -> None:
        """Report that a case waits or, once the waiting time is over, send the link that completes it."""
        kind = MessageKind.RECOVERY_WAITING if now < case.due_at else MessageKind.RECOVERY_DUE
        self._report(tx, account, case, kind, NO_CLIENT, now)

    def _report(
        self, tx: Tx, account: Account, case: RecoveryCase, kind: MessageKind, client: ClientInfo, now: Millis
    ) -> None:
        is_due = kind is MessageKind.RECOVERY_DUE
        purpose, expires_at = Purpose.CANCEL_RECOVERY, case.expires_at
        if is_due:
            purpose = Purpose.COMPLETE_RECOVERY
            # Tomorrow's mail brings another link.
            expires_at = min(expires_at, after(now, LIFETIMES[purpose]))
        message = Message(
            kind=kind,
            to=account.email,
            name=account.greeting_name,
            app_name=self.app_name,
            language=account.language,
            url=self._link(tx, account, purpose, now, expires_at),
            due_at=case.expires_at if is_due else case.due_at,
            expires_at=expires_at,
            context=EventContext(case.opened_at, client.address, client.user_agent),
        )
        self.outbox.post(tx, message, now)

    def _link(self, tx: Tx, account: Account, purpose: Purpose, now: Millis, expires_at: Millis) -> str:
        token = new_token(TokenKind.MAIL)
        sql.put(tx, digest(TokenKind.MAIL, token), account.id, purpose, now=now, expires_at=expires_at)
        return with_parameters(f"{self.pages}/{purpose}", token=token)
