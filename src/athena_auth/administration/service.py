"""Use cases of operators: from a host's own code, in the same process, or from the command line.

Nobody is asked for a password here, so nothing here mints a session (I1). What an operator changes ends what hung
on it and is news to the owner, exactly as if the owner had done it (I5, I8): an attacker who talks an operator into
something must not do so unnoticed.
"""

import secrets
from collections.abc import Awaitable, Callable

import msgspec

from athena_auth.accounts import creation, rules
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.administration.unlock import reset_attempts
from athena_auth.audit import sql as audit
from athena_auth.audit.model import NO_CLIENT, AuditEvent, EventName
from athena_auth.challenge import sql as challenges
from athena_auth.challenge.credentials import Actor, CredentialEvents
from athena_auth.challenge.model import Change
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Session
from athena_auth.store.transaction import Store, Tx, UniqueViolation
from athena_auth.throttle.passwords.budget import forget_account, reset_account
from athena_auth.trusted_devices import sql as trusted_devices
from athena_auth.wire.fields import Email, ImageUrl, Name


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account to be created, as its operator names it."""

    email: Email
    name: Name
    password: str | None
    image: ImageUrl | None
    email_verified: bool

    def __repr__(self) -> str:
        return "NewAccount(…)"


class AdministrationService:
    """What operators can do with accounts."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        pool: HashingPool,
        events: CredentialEvents,
        notifications: SecurityNotifications,
    ) -> None:
        self._store = store
        self._clock = clock
        self._pool = pool
        self._events = events
        self._notifications = notifications

    async def create(self, new: NewAccount) -> Account | Refused:
        """Create an account. Without a password nobody can sign in until one is set by a link to its mailbox."""
        now = self._clock.now()
        account = creation.new_account(new.email, new.name, new.image, now, email_verified=new.email_verified)
        if isinstance(account, Refused):
            return account
        refused = None if new.password is None else rules.refuse_password(new.password, account.email)
        if refused is not None:
            return refused
        # The hash of a password that nobody knows takes as long to check as anybody else's.
        password_hash = await self._pool.hash(new.password or secrets.token_urlsafe(32))

        async def work(tx: Tx) -> Account:
            await accounts.insert(tx, account, password_hash)
            self._record(tx, account.id, EventName.CREATED_BY_OPERATOR)
            reset_account(tx, account.email)
            return account

        try:
            return await self._store.transact(work)
        except UniqueViolation:
            return Refused(ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL)

    async def get(self, user_id: UserId) -> Account | None:
        """Return the account with this id."""
        return await self._store.read(lambda tx: accounts.load(tx, user_id))

    async def find(self, email: str) -> Account | None:
        """Return the account with this address."""
        return await self._store.read(lambda tx: creation.find(tx, email))

    async def sessions_of(self, user_id: UserId) -> list[Session]:
        """Return the account's live sessions, newest first; none for an account that is not there."""
        now = self._clock.now()
        return await self._store.read(lambda tx: sessions.all_live(tx, user_id, now))

    async def reset_factors(self, user_id: UserId) -> Refused | None:
        """Take every second factor off an account whose owner has lost hers; she signs in by password and enrols anew.

        All her sessions, challenges and trusted devices end. Whoever asks for this is who an attacker
        claims to be: make sure that it is the owner (SP 800-63B-4 section 4.2).
        """

        async def work(tx: Tx, _account: Account) -> None:
            actor = Actor(NO_CLIENT, session_id=None)
            await self._events.announce(tx, user_id, Change.FACTORS_RESET, actor, self._clock.now())

        return await self._change_account(user_id, work)

    async def end_sessions(self, user_id: UserId) -> Refused | None:
        """Sign somebody out everywhere, out of sign-ins that wait for a second factor too."""

        async def work(tx: Tx, _account: Account) -> None:
            # In this order: a second step under way holds its challenge, and what it mints is seen after it.
            await challenges.end_all(tx, user_id)
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

        return None if await self._store.transact(work) else Refused(ErrorCode.SESSION_NOT_FOUND)

    async def end_trust(self, user_id: UserId) -> Refused | None:
        """Ask all devices of an account for the second factor again."""

        async def work(tx: Tx, _account: Account) -> None:
            await trusted_devices.end_all(tx, user_id)
            self._record(tx, user_id, EventName.TRUST_ENDED_BY_OPERATOR)

        return await self._change_account(user_id, work)

    async def unlock(self, user_id: UserId) -> Refused | None:
        """Give an account its whole budget of guesses back."""

        async def work(tx: Tx, account: Account) -> None:
            reset_attempts(tx, account, self._clock.now())

        return await self._change_account(user_id, work)

    async def delete(self, user_id: UserId) -> Refused | None:
        """Delete an account and all that is its owner's; the trail of it stays until it is old enough."""

        async def work(tx: Tx, account: Account) -> None:
            if await accounts.delete(tx, user_id):
                forget_account(tx, account.email)
                self._record(tx, user_id, EventName.DELETED_BY_OPERATOR)
                self._notifications.notify_deleted(tx, account, NO_CLIENT, self._clock.now())

        return await self._change_account(user_id, work)

    async def _change_account(
        self, user_id: UserId, work: Callable[[Tx, Account], Awaitable[None]]
    ) -> Refused | None:
        """Do something with an account that is there."""

        async def found(tx: Tx) -> bool:
            account = await accounts.load(tx, user_id)
            if account is not None:
                await work(tx, account)
            return account is not None

        return None if await self._store.transact(found) else Refused(ErrorCode.USER_NOT_FOUND)

    def _record(self, tx: Tx, user_id: UserId, event: EventName, session_id: SessionId | None = None) -> None:
        entry = AuditEvent(name=event, user_id=user_id, client=NO_CLIENT, session_id=session_id)
        audit.record(tx, entry, self._clock.now())
