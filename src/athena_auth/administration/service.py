"""Use cases of operators: from the host's code in the same process, or from the command line.

No password is verified here, so nothing here mints a session (I1). A change by an operator revokes the same things, and
notifies the owner in the same way, as a change by the owner (I5, I8): an attacker who persuades an operator must not go
unnoticed.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from athena_auth import enrolment_tokens
from athena_auth.accounts import creation, insertion
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.languages import offered_language
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.password_policy import PasswordPolicy
from athena_auth.administration.unlock import reset_attempts
from athena_auth.audit import sql as audit
from athena_auth.audit.model import NO_CLIENT, AuditEvent, EventName
from athena_auth.authenticator_changes import AuthenticatorChanges
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.languages import Languages
from athena_auth.mfa import authenticators
from athena_auth.mfa import sql as challenges
from athena_auth.mfa.authenticators import Authenticator, confirmed
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.model import Change
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Session
from athena_auth.store.transaction import Store, Tx, UniqueViolation
from athena_auth.throttle.passwords.budget import forget_account, reset_account
from athena_auth.trusted_devices import sql as trusted_devices
from athena_auth.wire.fields import Email, ImageUrl, LanguageCode, Name


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account to create."""

    email: Email
    name: Name
    password: str | None
    image: ImageUrl | None
    email_verified: bool
    language: LanguageCode | None = None

    def __repr__(self) -> str:
        return "NewAccount(…)"


@dataclass(frozen=True, slots=True)
class AdministrationService:
    """What operators can do with accounts."""

    store: Store
    clock: Clock
    pool: HashingPool
    events: CredentialEvents
    notifications: SecurityNotifications
    languages: Languages
    changes: AuthenticatorChanges
    password_policy: PasswordPolicy

    async def create(self, new: NewAccount) -> Account | Refused:
        """Create an account. Without a password, the owner must set one by a password reset email before signing in."""
        now = self.clock.now()
        language = offered_language(self.languages, new.language)
        if isinstance(language, Refused):
            return language
        account = creation.new_account(
            new.email, new.name, new.image, now, email_verified=new.email_verified, language=language
        )
        if isinstance(account, Refused):
            return account
        refused = (
            None if new.password is None else await self.password_policy.refuse(new.password, account.email)
        )
        if refused is not None:
            return refused
        # An unknown random password, so that verification takes as long as for any other account.
        password_hash = await self.pool.hash(new.password or secrets.token_urlsafe(32))

        async def work(tx: Tx) -> Account:
            await insertion.insert(tx, account, password_hash)
            self._record(tx, account.id, EventName.CREATED_BY_OPERATOR)
            reset_account(tx, account.email)
            return account

        try:
            return await self.store.transact(work)
        except UniqueViolation:
            return Refused(ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL)

    async def get(self, user_id: UserId) -> Account | None:
        """Return the account with this id."""
        return await self.store.read(lambda tx: accounts.load(tx, user_id))

    async def find(self, email: str) -> Account | None:
        """Return the account with this address."""
        return await self.store.read(lambda tx: creation.find(tx, email))

    async def sessions_of(self, user_id: UserId) -> list[Session]:
        """Return the account's live sessions, newest first; an empty list if there is no such account."""
        now = self.clock.now()
        return await self.store.read(lambda tx: sessions.all_live(tx, user_id, now))

    async def reset_factors(self, user_id: UserId) -> Refused | None:
        """Remove all second factors of an account whose owner has lost them; the owner can enrol again after sign-in.

        All sessions, challenges and trusted devices are revoked. Verify the person's identity first: someone else may
        know their password (SP 800-63B-4 section 4.2).
        """

        async def work(tx: Tx, _account: Account) -> None:
            actor = Actor(NO_CLIENT, session_id=None)
            await self.events.announce(tx, user_id, Change.FACTORS_RESET, actor, self.clock.now())

        return await self._change_account(user_id, work)

    async def authenticators_of(self, user_id: UserId) -> list[Authenticator]:
        """Return the account's authenticators of every factor, the oldest first, suspended ones included."""
        return confirmed(await self.store.read(lambda tx: authenticators.load(tx, user_id)))

    async def remove_authenticator(
        self, user_id: UserId, authenticator_id: str, reason: str | None
    ) -> Refused | None:
        """Remove one of several authenticators; the reason is recorded.

        All sessions, challenges and trusted devices are revoked. The last usable one is removed by `reset_factors` only.
        """

        async def work(tx: Tx) -> Refused | None:
            if await accounts.load(tx, user_id) is None:
                return Refused(ErrorCode.USER_NOT_FOUND)
            actor = Actor(NO_CLIENT, session_id=None, note=reason)
            now = self.clock.now()
            return await self.changes.remove(
                tx, user_id, authenticator_id, Change.AUTHENTICATOR_REVOKED, actor, now
            )

        return await self.store.transact(work)

    async def end_sessions(self, user_id: UserId) -> Refused | None:
        """Revoke all sessions of an account, and its pending sign-ins."""

        async def work(tx: Tx, _account: Account) -> None:
            # In this order: a concurrent second step has locked its challenge, and its session is visible afterwards.
            await challenges.end_all(tx, user_id)
            await enrolment_tokens.end_all(tx, user_id)
            await sessions.end_others(tx, user_id, None)
            self._record(tx, user_id, EventName.SESSIONS_ENDED_BY_OPERATOR)

        return await self._change_account(user_id, work)

    async def end_session(self, user_id: UserId, session_id: SessionId) -> Refused | None:
        """End one session of an account."""

        async def work(tx: Tx) -> bool:
            ended = await sessions.end(tx, user_id, session_id)
            if ended:
                self._record(tx, user_id, EventName.SESSIONS_ENDED_BY_OPERATOR, session_id)
            return ended

        return None if await self.store.transact(work) else Refused(ErrorCode.SESSION_NOT_FOUND)

    async def end_trust(self, user_id: UserId) -> Refused | None:
        """Revoke the trust in all devices of an account."""

        async def work(tx: Tx, _account: Account) -> None:
            await trusted_devices.end_all(tx, user_id)
            self._record(tx, user_id, EventName.TRUST_ENDED_BY_OPERATOR)

        return await self._change_account(user_id, work)

    async def unlock(self, user_id: UserId) -> Refused | None:
        """Unlock an account by resetting its failed attempts."""

        async def work(tx: Tx, account: Account) -> None:
            reset_attempts(tx, account, self.clock.now())

        return await self._change_account(user_id, work)

    async def delete(self, user_id: UserId) -> Refused | None:
        """Delete an account and all its data; its audit events stay until they expire."""

        async def work(tx: Tx, account: Account) -> None:
            if await accounts.delete(tx, user_id):
                forget_account(tx, account.email)
                self._record(tx, user_id, EventName.DELETED_BY_OPERATOR)
                self.notifications.notify_deleted(tx, account, NO_CLIENT, self.clock.now())

        return await self._change_account(user_id, work)

    async def _change_account(
        self, user_id: UserId, work: Callable[[Tx, Account], Awaitable[None]]
    ) -> Refused | None:
        """Run the work on an existing account."""

        async def found(tx: Tx) -> bool:
            account = await accounts.load(tx, user_id)
            if account is not None:
                await work(tx, account)
            return account is not None

        return None if await self.store.transact(found) else Refused(ErrorCode.USER_NOT_FOUND)

    def _record(self, tx: Tx, user_id: UserId, event: EventName, session_id: SessionId | None = None) -> None:
        entry = AuditEvent(name=event, user_id=user_id, client=NO_CLIENT, session_id=session_id)
        audit.record(tx, entry, self.clock.now())
