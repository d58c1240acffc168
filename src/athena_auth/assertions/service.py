"""The life cycle of the signing keys (docs/adr/0026).

Private keys are stored encrypted, and public keys are derived from them, not stored: an attacker with write access to the
database could otherwise publish a key of their own, and sign tokens for any account.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec

from athena_auth.assertions import rules, sql
from athena_auth.assertions.rules import SigningKey
from athena_auth.crypto.keys import Keyring, UnreadableError
from athena_auth.crypto.signing import Signer, SigningAlgorithm, new_private_key
from athena_auth.kernel.clock import Clock, Millis, after
from athena_auth.kernel.ids import new_id
from athena_auth.store.transaction import Store, Tx


class _LoadedKeys(msgspec.Struct, frozen=True):
    """The keys as they were at one time."""

    at: Millis
    stored: tuple[SigningKey, ...]
    """Every key, also those that have expired or that no configured secret decrypts."""
    signers: dict[str, Signer]
    """The others, by the key's id."""

    def of(self, algorithm: SigningAlgorithm) -> list[SigningKey]:
        return [key for key in self.stored if key.algorithm == algorithm and key.id in self.signers]


@dataclass(slots=True)
class SigningKeys:
    """The keys of one process: loaded once a minute while they are used, and made when the first one is needed."""

    store: Store
    clock: Clock
    keyring: Keyring
    algorithm: SigningAlgorithm
    _cached: _LoadedKeys | None = None
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def signer(self) -> Signer:
        """Return the key that signs now. Raises `Unavailable`."""
        now = self.clock.now()
        keys = await self._current(now)
        own = keys.of(self.algorithm)
        # A first key by a process whose clock is ahead signs at once here too: there is no other.
        key = rules.signing_key(own, now) or max(own, key=lambda each: each.number, default=None)
        if key is None:
            raise RuntimeError("No signing key was made.")
        return keys.signers[key.id]

    async def public_keys(self) -> list[dict[str, Any]]:
        """Return the public keys of all tokens that are valid, and of those to come (RFC 7517). Raises `Unavailable`."""
        return [signer.public_jwk for signer in (await self._current(self.clock.now())).signers.values()]

    async def rotate(self) -> Millis:
        """Publish a successor, unless there is one already; return when it begins to sign."""
        now = self.clock.now()
        keys = await self._load(now)
        newest = max(keys.of(self.algorithm), key=lambda key: key.number, default=None)
        if newest is None or newest.signs_from <= now:
            keys = await self._add(keys, now)
        return max(key.signs_from for key in keys.of(self.algorithm))

    async def replace_all(self) -> None:
        """Make a key that signs at once and delete all others: tokens that those have signed become invalid."""
        now = self.clock.now()
        keys = await self._load(now)
        key = self._new_key(keys, now, at_once=True)

        async def work(tx: Tx) -> bool:
            inserted = await sql.insert(tx, key)
            if inserted:
                await sql.delete_others(tx, key.id)
            return inserted

        if not await self.store.transact(work):
            await self.replace_all()  # its number was taken by a successor, which must go too

    async def _current(self, now: Millis) -> _LoadedKeys:
        async with self._loading:
            cached = self._cached
            # A clock that was set back makes the cache old, too.
            if cached is None or not cached.at <= now < after(cached.at, rules.CACHE):
                keys = await self._load(now)
                self._cached = cached = await self._add(keys, now) if self._needs_key(keys, now) else keys
        return cached

    def _needs_key(self, keys: _LoadedKeys, now: Millis) -> bool:
        own = keys.of(self.algorithm)
        if rules.signing_key(own, now) is None:
            return True
        newest = max(own, key=lambda key: key.number)
        # A key that an earlier secret encrypts gets a successor, so that the secret can be removed one day. If this process
        # lacks the secret of a newer key, it makes none: two processes with different secrets would replace each other's.
        has_newer = any(key.algorithm == self.algorithm and key.number > newest.number for key in keys.stored)
        is_outdated = not self.keyring.is_current_seal(newest.sealed_private_key)
        is_pending = newest.signs_from > now
        return not (has_newer or is_pending) and (is_outdated or rules.is_successor_due(newest, now))

    async def _add(self, keys: _LoadedKeys, now: Millis) -> _LoadedKeys:
        """Store a key, unless another process has just done so, and load what is stored then."""
        key = self._new_key(keys, now, at_once=rules.signing_key(keys.of(self.algorithm), now) is None)

        async def work(tx: Tx) -> None:
            if await sql.insert(tx, key):
                await sql.supersede(tx, key, rules.expiry_of_superseded(key.signs_from))

        await self.store.transact(work)
        return await self._load(now)

    def _new_key(self, keys: _LoadedKeys, now: Millis, *, at_once: bool) -> SigningKey:
        key_id, signs_from = new_id(now), rules.begins_to_sign(now, at_once=at_once)
        private_key = new_private_key(self.algorithm)
        numbers = [key.number for key in keys.stored if key.algorithm == self.algorithm]
        return SigningKey(
            id=key_id,
            algorithm=self.algorithm,
            number=max(numbers, default=0) + 1,
            sealed_private_key=self.keyring.seal(private_key, rules.seal_context(self.algorithm, key_id)),
            signs_from=signs_from,
            expires_at=rules.expiry(signs_from),
        )

    async def _load(self, now: Millis) -> _LoadedKeys:
        stored = await self.store.read(sql.load)
        signers = {key.id: self._signer_of(key) for key in stored if key.expires_at > now}
        readable = {key_id: signer for key_id, signer in signers.items() if signer is not None}
        return _LoadedKeys(now, tuple(stored), readable)

    def _signer_of(self, key: SigningKey) -> Signer | None:
        context = rules.seal_context(key.algorithm, key.id)
        try:
            return Signer(key.id, self.keyring.unseal(key.sealed_private_key, context))
        except UnreadableError:
            return None  # its secret was given up, or was added on another machine first
