"""Verifying passwords against accounts (docs/adr/0004)."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from athena_auth.accounts import sql
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import CredentialVersion, SignedIn, audit_event
from athena_auth.accounts.notifications import SecurityNotifications, begins_episode, password_notification
from athena_auth.accounts.sql import StoredPassword
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.crypto.passwords import MAX_LENGTH, is_oversized
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle import attempts
from athena_auth.throttle.attempts import PASSWORDS_USED_UP, refused_by
from athena_auth.throttle.sql import Allowed, AttemptKind

_ATTEMPTS = AttemptKind.RECOGNIZED_PASSWORD


@dataclass(frozen=True, slots=True)
class PasswordVerifier:
    """Verifies passwords against accounts."""

    store: Store
    clock: Clock
    pool: HashingPool
    notifications: SecurityNotifications

    async def verify_in_session(self, signed_in: SignedIn, password: str) -> CredentialVersion | Refused:
        """Verify the password of a session's owner; return the credential version against which it was verified.

        The transaction that acts on the result must call `lock_if_current` with that version. Each attempt is counted
        before it is checked: a stolen session must not be usable to guess the password.

        Raises:
            Unavailable: too many passwords are waiting to be verified; nothing was counted.
        """
        user_id = signed_in.account.id

        async def load(tx: Tx) -> StoredPassword | None:
            return await sql.load_password(tx, user_id)

        with self.pool.slot():
            allowed = await self._consume(user_id)
            if isinstance(allowed, Refused):
                return allowed
            stored = await self._check(await self.store.read(load), password)
        if stored is None:
            await self._record_failure(signed_in, allowed)
            return Refused(ErrorCode.INVALID_PASSWORD)
        return stored.version

    def accepted(self, tx: Tx, signed_in: SignedIn) -> None:
        """Record a verified password and reset the failed attempts, in the transaction that acts on it."""
        audit.record(tx, audit_event(signed_in, EventName.STEP_UP_PASSWORD_ACCEPTED), self.clock.now())
        attempts.reset(tx, signed_in.account.id, _ATTEMPTS)

    async def _consume(self, user_id: UserId) -> Allowed | Refused:
        now = self.clock.now()
        allowed = await attempts.consume(self.store, user_id, _ATTEMPTS, now)
        return allowed if isinstance(allowed, Allowed) else refused_by(allowed, now, PASSWORDS_USED_UP)

    async def _record_failure(self, signed_in: SignedIn, allowed: Allowed) -> None:
        refused = audit_event(
            signed_in, EventName.STEP_UP_PASSWORD_REFUSED, reason=ErrorCode.INVALID_PASSWORD
        )
        now = self.clock.now()

        user_id = signed_in.account.id

        async def work(tx: Tx) -> None:
            is_new = await begins_episode(tx, user_id, allowed.warned_at, now)
            kind = password_notification(allowed.failures, _ATTEMPTS.limit, is_new=is_new)
            attempts.record_failure(tx, user_id, _ATTEMPTS, allowed, now, warned=kind is not None)
            audit.record(tx, refused, now)
            if kind is not None:
                await self.notifications.notify(tx, signed_in.account, kind, signed_in.client, now)

        await self.store.transact(work)

    def slot(self) -> AbstractContextManager[None]:
        """Reserve a slot in the hashing pool. Raises `Unavailable` when the pool is full."""
        return self.pool.slot()

    async def nearest(self, email: str) -> StoredPassword | None:
        """Load the password of this address or, if it has no account, of the next address in alphabetical order.

        Verifying against that one takes as long as verifying a wrong password of an existing account. A dummy hash
        would work only while all hashes have the same cost: after an operator has raised the cost, existing accounts
        would be recognizable by their faster responses.
        """

        async def load(tx: Tx) -> StoredPassword | None:
            return await sql.load_nearest_password(tx, email)

        return await self.store.read(load)

    async def verify_by_email(
        self, email: str, nearest: StoredPassword | None, password: str
    ) -> StoredPassword | None:
        """Return the account of this address if the password is correct, otherwise None, in the same time.

        The caller is inside `slot`.
        """
        matched = await self._check(nearest, password)
        return matched if matched is not None and matched.account.email == email else None

    async def rehashed(self, stored: StoredPassword, password: str) -> str | None:
        """Return a new hash of a verified password if its stored hash has outdated parameters, otherwise None."""
        return await self.pool.hash(password) if self.pool.is_outdated(stored.encoded) else None

    async def _check(self, stored: StoredPassword | None, password: str) -> StoredPassword | None:
        # No account has so long a password. A prefix of it is still hashed, so that the time reveals nothing.
        if is_oversized(password):
            stored, password = None, password[:MAX_LENGTH]
        encoded = None if stored is None else stored.encoded
        return stored if await self.pool.verify_in_slot(encoded, password) else None
