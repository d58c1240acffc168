"""Proving a password, and acting on the proof (docs/adr/0004)."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from athena_auth.accounts import sql
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import Account, CredentialVersion, SignedIn
from athena_auth.accounts.news import News, news_of_passwords
from athena_auth.accounts.sql import StoredPassword
from athena_auth.accounts.trail import entry_of
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Event
from athena_auth.crypto.passwords import MAX_LENGTH, is_absurd
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.sessions import sql as sessions
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle import budget
from athena_auth.throttle.model import Lane, Paid
from athena_auth.throttle.refusal import PASSWORDS_USED_UP, refused_by

T = TypeVar("T")
ProvenWork = Callable[[Tx, Account], Awaitable[T]]
"""Work for the owner of an account, who has just proven its password; the account is locked and current."""


class PasswordProof:
    """Checks passwords against accounts."""

    def __init__(self, store: Store, clock: Clock, pool: HashingPool, news: News) -> None:
        """Take the database, the clock, the threads that hash and the way to write to owners."""
        self._store = store
        self._clock = clock
        self._pool = pool
        self._news = news

    async def _version(self, user_id: UserId, password: str) -> CredentialVersion | None:
        async def load(tx: Tx) -> StoredPassword | None:
            return await sql.load_password(tx, user_id)

        stored = await self._check(await self._store.read(load), password)
        return None if stored is None else stored.version

    async def act(self, signed_in: SignedIn, password: str, work: ProvenWork[T]) -> T | Refused:
        """Run work in a transaction that the account's password opens, for a session that is still live.

        The password is checked before the transaction, since that is slow; the transaction then makes sure
        that the password it checked is still the account's, and that the session was not ended meanwhile.
        Guesses are paid for: a stolen session must not become a way to find the password out.
        """
        user_id = signed_in.account.id
        with self._pool.place():
            paid = await self._pay(user_id)
            if isinstance(paid, Refused):
                return paid
            version = await self._version(user_id, password)
        if version is None:
            await self._record_failure(signed_in, paid)
            return Refused(ErrorCode.INVALID_PASSWORD)

        async def held(tx: Tx) -> T | Refused:
            account = await sql.hold(tx, version)
            if account is None:
                return Refused(ErrorCode.CONFLICT)
            now = self._clock.now()
            if not await sessions.hold(tx, signed_in.session.id, now):
                return Refused(ErrorCode.UNAUTHORIZED)
            audit.record(tx, entry_of(signed_in, Event.STEP_UP_PASSWORD_ACCEPTED), now)
            budget.clear(tx, user_id, Lane.PASSWORD)
            return await work(tx, account)

        return await self._store.transact(held)

    async def _pay(self, user_id: UserId) -> Paid | Refused:
        now = self._clock.now()
        paid = await budget.pay(self._store, user_id, Lane.PASSWORD, now)
        return paid if isinstance(paid, Paid) else refused_by(paid, now, PASSWORDS_USED_UP)

    async def _record_failure(self, signed_in: SignedIn, paid: Paid) -> None:
        refused = entry_of(signed_in, Event.STEP_UP_PASSWORD_REFUSED, reason=ErrorCode.INVALID_PASSWORD)
        now = self._clock.now()

        async def work(tx: Tx) -> None:
            budget.record_failure(tx, signed_in.account.id, Lane.PASSWORD, paid, now)
            audit.record(tx, refused, now)
            kind = news_of_passwords(paid.failures)
            if kind is not None:
                await self._news.tell(tx, signed_in.account, kind, signed_in.client, now)

        await self._store.transact(work)

    def place(self) -> AbstractContextManager[None]:
        """Take a place among those whose password is checked. Raises `Unavailable` when there is none."""
        return self._pool.place()

    async def nearest(self, email: str) -> StoredPassword | None:
        """Load the password of this address or, if it is unknown, of the one that follows it in the alphabet.

        Checking that one in vain takes as long as checking a wrong password of a known address. A made-up hash
        would do only as long as all hashes cost the same: once an operator has raised the cost, known addresses
        would be those that answer sooner.
        """

        async def load(tx: Tx) -> StoredPassword | None:
            return await sql.load_nearest_password(tx, email)

        return await self._store.read(load)

    async def of_email(
        self, email: str, nearest: StoredPassword | None, password: str
    ) -> StoredPassword | None:
        """Return the account that this address and password prove, or None; in the same time either way.

        The caller has taken a place.
        """
        proven = await self._check(nearest, password)
        return proven if proven is not None and proven.account.email == email else None

    async def rehashed(self, stored: StoredPassword, password: str) -> str | None:
        """Return a new hash of a password just proven, if its old one was made with outdated parameters."""
        return await self._pool.hash(password) if self._pool.is_outdated(stored.encoded) else None

    async def _check(self, stored: StoredPassword | None, password: str) -> StoredPassword | None:
        # No account can have so long a password. It is still hashed, in short, so that time tells nothing.
        if is_absurd(password):
            stored, password = None, password[:MAX_LENGTH]
        encoded = None if stored is None else stored.encoded
        return stored if await self._pool.verify_in_place(encoded, password) else None
