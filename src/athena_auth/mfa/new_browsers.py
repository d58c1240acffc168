"""Reporting sign-ins in browsers that are not recognized (ADR 31).

`RecognizedBrowsers` decides which are. Owners learn of someone who signs in with everything that it takes: a password that
was phished together with a code, for instance.
"""

from dataclasses import dataclass

from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Millis
from athena_auth.sessions.model import Session
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sends.budget import MOST_NEW_BROWSERS, consume_new_browser


@dataclass(frozen=True, slots=True)
class NewBrowsers:
    """Records sign-ins in new browsers, and notifies the owners.

    Attributes:
        notifies: Whether owners are mailed (ATHENA_NOTIFY_NEW_BROWSER). The audit log records every one.
    """

    notifications: SecurityNotifications
    notifies: bool

    async def report(
        self, tx: Tx, account: Account, session: Session, now: Millis, *, is_notified: bool = False
    ) -> None:
        """Report the sign-in that created this session, in the same transaction.

        `is_notified` says that it has sent the owner a mail about this sign-in already: one is enough.
        """
        event = AuditEvent(
            name=EventName.NEW_BROWSER,
            user_id=account.id,
            client=session.client,
            session_id=session.id,
        )
        audit.record(tx, event, now)
        if not self.notifies or is_notified:
            return
        # Without a limit, an attacker with the password could fill the mailbox. The last mail says that it is the last: an
        # attacker who causes the others cannot make the owner believe that nothing else happened.
        sent = await consume_new_browser(tx, account.id, now)
        if sent is None:
            return
        kind = MessageKind.NEW_BROWSERS if sent == MOST_NEW_BROWSERS else MessageKind.NEW_BROWSER
        await self.notifications.notify(tx, account, kind, session.client, now)
