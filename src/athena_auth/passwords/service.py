"""Use cases of changing a password."""

from dataclasses import dataclass

from athena_auth.accounts import rules
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.step_up import Action, Authorized, Offered, StepUp
from athena_auth.challenge.credentials import Actor, CredentialEvents
from athena_auth.challenge.model import Change
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.sessions.rules import has_second_factor
from athena_auth.store.transaction import Tx
from athena_auth.throttle.passwords.budget import reset_account


@dataclass(frozen=True, slots=True)
class PasswordService:
    """Replaces passwords and revokes everything that rests on the old one."""

    step_up: StepUp
    pool: HashingPool
    events: CredentialEvents
    clock: Clock

    async def change(
        self, signed_in: SignedIn, offered: Offered, new: str, *, revoke_others: bool
    ) -> Authorized[Account] | Refused:
        """Replace the password.

        This session gets a new token. Challenges and trusted devices are revoked; other sessions if `revoke_others`.
        """
        user_id, session = signed_in.account.id, signed_in.session
        refused = rules.refuse_password(new, signed_in.account.email)
        if refused is not None:
            return refused
        new_hash = await self.pool.hash(new)
        now = self.clock.now()

        async def work(tx: Tx, current: SignedIn) -> Account | Refused:
            await accounts.set_password(tx, user_id, new_hash, now)
            actor = Actor(
                signed_in.client,
                session.id,
                keeps_others=not revoke_others,
                reset_attempts=not current.account.two_factor_enabled or has_second_factor(current.session),
            )
            account = await self.events.announce(tx, user_id, Change.PASSWORD_CHANGED, actor, now)
            reset_account(tx, signed_in.account.email, signed_in.client.address)
            return account or Refused(ErrorCode.UNAUTHORIZED)

        return await self.step_up.act(Action.CHANGE_PASSWORD, signed_in, offered, work)
