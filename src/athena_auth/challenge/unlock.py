"""What an operator does for somebody whose budget of guesses is used up."""

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.rules import normalised_email
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.sql import CLEAR_ALL


async def unlock(store: Store, email: str) -> bool:
    """Give the account with this address its whole budget of guesses back; False when there is none."""
    address = normalised_email(email)

    async def work(tx: Tx) -> bool:
        stored = None if address is None else await accounts.load_password_by_email(tx, address)
        if stored is None:
            return False
        await tx.run(CLEAR_ALL, user_id=stored.account.id)
        return True

    return await store.transact(work)
