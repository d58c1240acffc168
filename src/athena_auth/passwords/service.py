"""Use cases of account owners: changing, removing and setting the password."""

import secrets
from dataclasses import dataclass

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.password_policy import PasswordPolicy
from athena_auth.accounts.step_up_policy import Action, Authorized, StepUp, StepUpCredentials
from athena_auth.authenticator_changes import AuthenticatorChanges
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.mfa import authenticators
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.model import Change
from athena_auth.sessions.rules import has_second_factor
from athena_auth.store.transaction import Tx
from athena_auth.throttle.passwords.budget import reset_account

_NO_PASSKEY = Text(
    "This account has no passkey that can sign in by itself. Add one on a device that asks for a PIN or a fingerprint first."
)

_VERIFY_ADDRESS = Text(
    "Your email address is not verified. Verify it first: it is the way back if you lose your passkeys."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordService:
    """Replaces, removes and sets passwords, and revokes everything that rests on the old one."""

    step_up: StepUp
    pool: HashingPool
    events: CredentialEvents
    clock: Clock
    policy: PasswordPolicy
    changes: AuthenticatorChanges

    async def change(
        self, signed_in: SignedIn, offered: StepUpCredentials, new: str, *, revoke_others: bool
    ) -> Authorized[Account] | Refused:
        """Replace the password.

        This session gets a new token. Challenges and trusted devices are revoked; other sessions if `revoke_others`.
        """
        if not signed_in.account.has_password:
            return Refused(ErrorCode.CREDENTIAL_ACCOUNT_NOT_FOUND)
        new_hash = await self._hash_of_new(signed_in, new)
        if isinstance(new_hash, Refused):
            return new_hash

        async def work(tx: Tx, current: SignedIn) -> Account | Refused:
            resets = not current.account.two_factor_enabled or has_second_factor(current.session)
            actor = _actor(current, revoke_others=revoke_others, reset_attempts=resets)
            return await self._store(tx, current, new_hash, Change.PASSWORD_CHANGED, actor)

        return await self.step_up.act(Action.CHANGE_PASSWORD, signed_in, offered, work)

    async def remove(self, signed_in: SignedIn) -> Authorized[Account] | Refused:
        """Remove the password of an account whose owner can sign in with a passkey alone.

        Two-factor authentication must be on, and the address verified: the mailbox, which can set a password again, then never
        suffices to sign in.
        """
        refused = _refuse_removal(signed_in.account)
        if refused is not None:
            return refused
        unknown_hash = await self.pool.hash(secrets.token_urlsafe(32))
        now = self.clock.now()

        async def work(tx: Tx, current: SignedIn) -> Account | Refused:
            user_id = current.account.id
            refused = _refuse_removal(current.account)
            if refused is not None:
                return refused
            # `step_up` has locked the account, which every change of its passkeys locks first: none can go meanwhile.
            if not self.changes.can_sign_in_alone(await authenticators.load(tx, user_id)):
                return Refused(ErrorCode.PASSKEY_NOT_FOUND, _NO_PASSKEY)
            await accounts.remove_password(tx, user_id, unknown_hash, now)
            actor = _actor(current, revoke_others=True, reset_attempts=False)
            removed = await self.events.announce(tx, user_id, Change.PASSWORD_REMOVED, actor, now)
            return removed or Refused(ErrorCode.UNAUTHORIZED)

        return await self.step_up.act(Action.REMOVE_PASSWORD, signed_in, StepUpCredentials(), work)

    async def set(
        self, signed_in: SignedIn, new: str, *, revoke_others: bool
    ) -> Authorized[Account] | Refused:
        """Set a password for an account that has none. It revokes what `change` does."""
        if signed_in.account.has_password:
            return Refused(ErrorCode.PASSWORD_ALREADY_SET)
        new_hash = await self._hash_of_new(signed_in, new)
        if isinstance(new_hash, Refused):
            return new_hash

        async def work(tx: Tx, current: SignedIn) -> Account | Refused:
            actor = _actor(current, revoke_others=revoke_others, reset_attempts=False)
            return await self._store(tx, current, new_hash, Change.PASSWORD_SET, actor)

        return await self.step_up.act(Action.SET_PASSWORD, signed_in, StepUpCredentials(), work)

    async def _hash_of_new(self, signed_in: SignedIn, new: str) -> str | Refused:
        return await self.policy.refuse(new, signed_in.account.email) or await self.pool.hash(new)

    async def _store(
        self, tx: Tx, current: SignedIn, new_hash: str, change: Change, actor: Actor
    ) -> Account | Refused:
        user_id, now = current.account.id, self.clock.now()
        await accounts.set_password(tx, user_id, new_hash, now)
        account = await self.events.announce(tx, user_id, change, actor, now)
        reset_account(tx, current.account.email, current.client.address)
        return account or Refused(ErrorCode.UNAUTHORIZED)


def _refuse_removal(account: Account) -> Refused | None:
    if not account.has_password:
        return Refused(ErrorCode.CREDENTIAL_ACCOUNT_NOT_FOUND)
    if not account.two_factor_enabled:
        return Refused(ErrorCode.TWO_FACTOR_NOT_ENABLED)
    # A link to an address that was not verified removes the second factors too (`Change.ACCOUNT_RECLAIMED`).
    return None if account.email_verified else Refused(ErrorCode.EMAIL_NOT_VERIFIED, _VERIFY_ADDRESS)


def _actor(current: SignedIn, *, revoke_others: bool, reset_attempts: bool) -> Actor:
    return Actor(
        current.client,
        current.session.id,
        keeps_other_sessions=not revoke_others,
        reset_attempts=reset_attempts,
    )
