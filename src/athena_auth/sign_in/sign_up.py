"""Signing up.

If verified addresses are required, a sign-up must not reveal whether its address already has an account. So both cases
have the same response, hash one password, and run one transaction that writes the account's row, an audit event and a mail.
A new account has a few more rows in its last batch, far less than the hash takes. Only the mail says which case it was.

An invitation was sent to the address, so it proves the mailbox as a verification link does.
"""

from dataclasses import dataclass

import msgspec

from athena_auth import invites
from athena_auth.accounts import insertion
from athena_auth.accounts.creation import new_account
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.password_policy import PasswordPolicy
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.model import EnrolmentIssued
from athena_auth.mfa.sign_in_policy import FirstFactor, SessionIssued, SignInPolicy
from athena_auth.sign_in.model import Registration, SignUpPolicy, VerificationAwaited, VerificationLinks
from athena_auth.store.transaction import Store, Tx, UniqueViolation
from athena_auth.throttle.passwords.budget import reset_account
from athena_auth.throttle.sends import budget as sends


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpService:
    """Creates accounts for those who may sign up."""

    store: Store
    clock: Clock
    pool: HashingPool
    sign_in_policy: SignInPolicy
    notifications: SecurityNotifications
    links: VerificationLinks
    policy: SignUpPolicy
    password_policy: PasswordPolicy

    async def sign_up(
        self, registration: Registration, first: FirstFactor
    ) -> SessionIssued | EnrolmentIssued | VerificationAwaited | Refused:
        """Create an account; sign its owner in, unless the address must be verified first."""
        now = self.clock.now()
        account = await self._permitted_account(registration, now)
        if isinstance(account, Refused):
            return account
        refused = await self.password_policy.refuse(registration.password, account.email)
        if refused is not None:
            return refused
        password_hash = await self.pool.hash(registration.password)
        if self.policy.requires_verified_email and registration.invite is None:
            return await self._create_unverified(account, password_hash, first, now)
        return await self._create(account, password_hash, registration.invite, first, now)

    async def _permitted_account(self, registration: Registration, now: Millis) -> Account | Refused:
        """Return the account to create, or why it may not be created."""
        if self.policy.mode == "closed":
            return Refused(ErrorCode.EMAIL_PASSWORD_SIGN_UP_DISABLED)
        invite = registration.invite
        if invite is None and self.policy.mode == "invite":
            return Refused(ErrorCode.INVITE_REQUIRED)
        account = new_account(
            registration.email,
            registration.name,
            registration.image,
            now,
            email_verified=invite is not None,
            language=registration.language,
        )
        if invite is None or isinstance(account, Refused):
            return account
        # Before the password is hashed, which is expensive; consumed later, with the account.
        is_live = await invites.is_live(self.store, digest(TokenKind.INVITE, invite), account.email, now)
        return account if is_live else Refused(ErrorCode.INVALID_INVITE)

    async def _create(
        self, account: Account, password_hash: str, invite: str | None, first: FirstFactor, now: Millis
    ) -> SessionIssued | EnrolmentIssued | Refused:
        async def work(tx: Tx) -> SessionIssued | EnrolmentIssued | Refused:
            if invite is not None:
                if not await invites.consume(tx, digest(TokenKind.INVITE, invite), account.email, now):
                    return Refused(ErrorCode.INVALID_INVITE)
                self._record(tx, EventName.INVITE_USED, account, first, now)
            await insertion.insert(tx, account, password_hash)
            self._begin(tx, account, first, now)
            issued = await self.sign_in_policy.complete_first_factor(tx, account, first, now)
            if not isinstance(issued, SessionIssued | EnrolmentIssued):
                raise RuntimeError(  # noqa: TRY004 - a fault of ours, not an argument of a wrong type
                    "A new account was refused a session, or was asked for a second factor."
                )
            return issued

        try:
            return await self.store.transact(work)
        except UniqueViolation:
            return Refused(ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL)

    async def _create_unverified(
        self, account: Account, password_hash: str, first: FirstFactor, now: Millis
    ) -> VerificationAwaited:
        async def work(tx: Tx) -> None:
            stored = await insertion.insert_or_lock(tx, account, password_hash)
            may_send = await sends.consume_sign_up(tx, stored.id, now)
            if stored.id == account.id:
                self._begin(tx, account, first, now)
                return
            self._record(tx, EventName.SIGN_UP_REPEATED, stored, first, now)
            if may_send:
                # An account that has left this address has another by now, perhaps an attacker's.
                recipient = msgspec.structs.replace(stored, email=account.email)
                self.notifications.notify_of_sign_up(tx, recipient, first.client, now)

        await self.store.transact(work)
        return VerificationAwaited(account)

    def _begin(self, tx: Tx, account: Account, first: FirstFactor, now: Millis) -> None:
        self._record(tx, EventName.SIGNED_UP, account, first, now)
        # Failed attempts at the address before it had an account must not block its owner.
        reset_account(tx, account.email, first.client.address)
        if not account.email_verified:
            self.links.post_verification(tx, account, first.callback_url)

    def _record(self, tx: Tx, event: EventName, account: Account, first: FirstFactor, now: Millis) -> None:
        audit.record(tx, AuditEvent(name=event, user_id=account.id, client=first.client), now)
