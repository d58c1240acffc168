"""Unlocking accounts that have no attempts left."""

from athena_auth.accounts.creation import find
from athena_auth.accounts.model import Account
from athena_auth.audit import sql as audit
from athena_auth.audit.model import NO_CLIENT, AuditEvent, EventName
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle import sql as attempts
from athena_auth.throttle.passwords import budget as passwords


def reset_attempts(tx: Tx, account: Account, now: Millis) -> None:
    """Reset the failed attempts at an account's password and second factors, and record that."""
    tx.defer(attempts.RESET_ALL, user_id=account.id)
    passwords.reset_account(tx, account.email)
    _record(tx, account, now)


async def unlock(store: Store, clock: Clock, email: str) -> bool | None:
    """Reset the failed attempts at the account with this address.

    False means that there were none, so nothing was changed or recorded. None means that there is no such account.
    """

    async def work(tx: Tx) -> bool | None:
        account = await find(tx, email)
        if account is None:
            return None
        # In the order in which attempts are counted, so that locks are always taken in the same order.
        cleared = [
            await attempts.reset_counted(tx, account.id),
            await passwords.reset_counted(tx, account.email),
        ]
        if any(cleared):
            _record(tx, account, clock.now())
        return any(cleared)

    return await store.transact(work)


def _record(tx: Tx, account: Account, now: Millis) -> None:
    audit.record(tx, AuditEvent(name=EventName.UNLOCKED, user_id=account.id, client=NO_CLIENT), now)
