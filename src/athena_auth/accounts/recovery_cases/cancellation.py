"""Cancelling a recovery case, by its owner or an operator: the owner is notified, and every factor stays."""

from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.recovery_cases import sql
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Millis
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import ClientInfo


async def cancel(
    tx: Tx,
    notifications: SecurityNotifications,
    account: Account,
    client: ClientInfo,
    now: Millis,
    event: EventName = EventName.RECOVERY_CANCELLED,
    *,
    note: str | None = None,
) -> bool:
    """Cancel the case that the account names, and notify the owner that their factors still work.

    A verified second factor and every change of credentials do so. Otherwise an attacker who has opened a case would remove
    factors that the owner still has. False if the account names no case, or another request has ended it.
    """
    was_open = await end(tx, account, client, now, event, note=note)
    if was_open:
        await notifications.notify(tx, account, MessageKind.RECOVERY_ENDED, client, now)
    return was_open


async def end(
    tx: Tx,
    account: Account,
    client: ClientInfo,
    now: Millis,
    event: EventName = EventName.RECOVERY_CANCELLED,
    *,
    note: str | None = None,
) -> bool:
    """Cancel the case without that mail, for a change that removes the factors: it has a mail of its own."""
    if account.recovery_case is None or not await sql.end(tx, account.id, account.recovery_case):
        return False
    audit.record(tx, AuditEvent(name=event, user_id=account.id, client=client, note=note), now)
    return True
