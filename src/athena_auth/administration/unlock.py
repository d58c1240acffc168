"""What an operator does for somebody whose budget of guesses is used up."""

from athena_auth.accounts.model import Account
from athena_auth.accounts.opening import find
from athena_auth.audit import sql as audit
from athena_auth.audit.model import NOWHERE, Entry, Event
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.passwords.budget import clear_account
from athena_auth.throttle.sql import CLEAR_ALL


def give_guesses_back(tx: Tx, account: Account, now: Millis) -> None:
    """Forget what was guessed at an account, at its password and at its factors, and say who did so."""
    tx.later(CLEAR_ALL, user_id=account.id)
    clear_account(tx, account.email)
    audit.record(tx, Entry(event=Event.UNLOCKED, user_id=account.id, client=NOWHERE), now)


async def unlock(store: Store, clock: Clock, email: str) -> bool:
    """Give the account with this address its whole budget of guesses back; False when there is none."""

    async def work(tx: Tx) -> bool:
        account = await find(tx, email)
        if account is not None:
            give_guesses_back(tx, account, clock.now())
        return account is not None

    return await store.transact(work)
