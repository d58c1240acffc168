"""Proving a password, without letting its cost stall anybody else (I10)."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from athena_auth.accounts import sql
from athena_auth.accounts.model import CredentialVersion
from athena_auth.accounts.sql import StoredPassword
from athena_auth.crypto.passwords import MAX_LENGTH, PasswordHasher
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import ErrorCode, Refused, Unavailable
from athena_auth.store.transaction import Store, Tx, Work

T = TypeVar("T")

_WAITING_PER_THREAD = 16
"""Hashes that may wait for each thread: about half a second of work. More is answered 503 at once."""


class HashingPool:
    """A bounded pool of threads that hash; argon2 releases the interpreter lock while it works."""

    def __init__(self, hasher: PasswordHasher, threads: int | None = None) -> None:
        """Use `threads` threads, by default one for each core."""
        count = threads or os.cpu_count() or 1
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="password-hash")
        self._capacity = count * (_WAITING_PER_THREAD + 1)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the encoded hash of a password. Raises `Unavailable` under overload."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Tell whether this is the password; as slow without a hash as with one. Raises `Unavailable`."""
        return await self._run(lambda: self._hasher.verify(encoded, password))

    def is_outdated(self, encoded: str) -> bool:
        """Tell whether a hash should be made again with today's parameters."""
        return self._hasher.is_outdated(encoded)

    def close(self) -> None:
        """Drop what is waiting; a hash that is being made is finished, for nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._capacity:
            raise Unavailable("too many passwords wait to be hashed")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


class PasswordProof:
    """Checks passwords against accounts."""

    def __init__(self, store: Store, pool: HashingPool) -> None:
        """Take the database and the threads that hash."""
        self._store = store
        self._pool = pool

    async def of_account(self, user_id: UserId, password: str) -> CredentialVersion | None:
        """Return the credentials that this password proves, or None when it is wrong."""

        async def load(tx: Tx) -> StoredPassword | None:
            return await sql.load_password(tx, user_id)

        stored = await self._check(await self._store.read(load), password)
        return None if stored is None else stored.version

    async def act(self, user_id: UserId, password: str, work: Work[T]) -> T | Refused:
        """Run work in a transaction that the account's password opens.

        The password is checked before the transaction, since that is slow; the transaction then makes sure
        that the password it checked is still the account's.
        """
        version = await self.of_account(user_id, password)
        if version is None:
            return Refused(ErrorCode.INVALID_PASSWORD)

        async def held(tx: Tx) -> T | Refused:
            if not await sql.hold(tx, version):
                return Refused(ErrorCode.CONFLICT)
            return await work(tx)

        return await self._store.transact(held)

    async def of_email(self, email: str | None, password: str) -> StoredPassword | None:
        """Return the account that this address and password prove, or None; in the same time either way."""

        async def load(tx: Tx) -> StoredPassword | None:
            return None if email is None else await sql.load_password_by_email(tx, email)

        return await self._check(await self._store.read(load), password)

    async def rehashed(self, stored: StoredPassword, password: str) -> str | None:
        """Return a new hash of a password just proven, if its old one was made with outdated parameters."""
        return await self._pool.hash(password) if self._pool.is_outdated(stored.encoded) else None

    async def _check(self, stored: StoredPassword | None, password: str) -> StoredPassword | None:
        # No account can have so long a password. It is still hashed, in short, so that time tells nothing.
        if len(password) > 4 * MAX_LENGTH:
            stored, password = None, password[:MAX_LENGTH]
        encoded = None if stored is None else stored.encoded
        return stored if await self._pool.verify(encoded, password) else None
