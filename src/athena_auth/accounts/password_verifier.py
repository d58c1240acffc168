"""Verifying passwords against accounts (docs/adr/0004)."""

from contextlib import AbstractContextManager

from athena_auth.accounts import sql
from athena_auth.accounts.audit_events import audit_event
from athena_auth.accounts.episodes import begins_episode
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import CredentialVersion, SignedIn
from athena_auth.accounts.notifications import SecurityNotifications, password_notification
from athena_auth.accounts.sql import StoredPassword
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.crypto.passwords import MAX_LENGTH, is_oversized
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle import budget
from athena_auth.throttle.model import Allowed, AttemptKind
from athena_auth.throttle.refusal import PASSWORDS_USED_UP, refused_by

_ATTEMPTS = AttemptKind.RECOGNIZED_PASSWORD


class PasswordVerifier:
    """Checks passwords against accounts."""

    def __init__(
        self, store: Store, clock: Clock, pool: HashingPool, notifications: SecurityNotifications
    ) -> None:
        """Take the database, the clock, the threads that hash and the way to write to owners."""
        self._store = store
        self._clock = clock
        self._pool = pool
        self._notifications = notifications

    async def verify_in_session(self, signed_in: SignedIn, password: str) -> CredentialVersion | Refused:
        """Verify the password of the owner of a session; return the credential version it was verified against.

        Whoever acts on that must `lock_if_current` the version in the transaction that acts. Attempts are counted first: a
        stolen session must not become a way to find the password out.

        Raises:
            Unavailable: too many passwords wait to be verified; nothing was counted.
        """
        user_id = signed_in.account.id

        async def load(tx: Tx) -> StoredPassword | None:
            return await sql.load_password(tx, user_id)

        with self._pool.slot():
            allowed = await self._consume(user_id)
            if isinstance(allowed, Refused):
                return allowed
            stored = await self._check(await self._store.read(load), password)
        if stored is None:
            await self._record_failure(signed_in, allowed)
            return Refused(ErrorCode.INVALID_PASSWORD)
        return stored.version

    def accepted(self, tx: Tx, signed_in: SignedIn) -> None:
        """Record a verified password, and reset its attempts, in the transaction that acts on it."""
        audit.record(tx, audit_event(signed_in, EventName.STEP_UP_PASSWORD_ACCEPTED), self._clock.now())
        budget.reset(tx, signed_in.account.id, _ATTEMPTS)

    async def _consume(self, user_id: UserId) -> Allowed | Refused:
        now = self._clock.now()
        allowed = await budget.consume(self._store, user_id, _ATTEMPTS, now)
        return allowed if isinstance(allowed, Allowed) else refused_by(allowed, now, PASSWORDS_USED_UP)

    async def _record_failure(self, signed_in: SignedIn, allowed: Allowed) -> None:
        refused = audit_event(
            signed_in, EventName.STEP_UP_PASSWORD_REFUSED, reason=ErrorCode.INVALID_PASSWORD
        )
        now = self._clock.now()

        user_id = signed_in.account.id

        async def work(tx: Tx) -> None:
            is_new = await begins_episode(tx, user_id, allowed.warned_at, now)
            kind = password_notification(allowed.failures, _ATTEMPTS.limit, is_new=is_new)
            await budget.record_failure(tx, user_id, _ATTEMPTS, allowed, now, warned=kind is not None)
            audit.record(tx, refused, now)
            if kind is not None:
                await self._notifications.notify(tx, signed_in.account, kind, signed_in.client, now)

        await self._store.transact(work)

    def slot(self) -> AbstractContextManager[None]:
        """Take a place among those whose password is checked. Raises `Unavailable` when there is none."""
        return self._pool.slot()

    async def nearest(self, email: str) -> StoredPassword | None:
        """Load the password of this address or, if it is unknown, of the one that follows it in the alphabet.

        Checking that one in vain takes as long as checking a wrong password of a known address. A made-up hash
        would do only as long as all hashes cost the same: once an operator has raised the cost, known addresses
        would be those that answer sooner.
        """

        async def load(tx: Tx) -> StoredPassword | None:
            return await sql.load_nearest_password(tx, email)

        return await self._store.read(load)

    async def verify_by_email(
        self, email: str, nearest: StoredPassword | None, password: str
    ) -> StoredPassword | None:
        """Return the account that this address and password prove, or None; in the same time either way.

        The caller has taken a place.
        """
        matched = await self._check(nearest, password)
        return matched if matched is not None and matched.account.email == email else None

    async def rehashed(self, stored: StoredPassword, password: str) -> str | None:
        """Return a new hash of a password just proven, if its old one was made with outdated parameters."""
        return await self._pool.hash(password) if self._pool.is_outdated(stored.encoded) else None

    async def _check(self, stored: StoredPassword | None, password: str) -> StoredPassword | None:
        # No account can have so long a password. It is still hashed, in short, so that time tells nothing.
        if is_oversized(password):
            stored, password = None, password[:MAX_LENGTH]
        encoded = None if stored is None else stored.encoded
        return stored if await self._pool.verify_in_slot(encoded, password) else None
