"""Strangers' attempts at passwords at sign-in: count first, then verify.

Each attempt is counted for its network, for the account from this network (the pair), and for the account. Only the
pair's count causes a delay, so an attacker who knows an address cannot keep its owner from signing in: owners wait only
for attempts from their own network. The account's count ends at the strangers' share of the hundred consecutive failures
that NIST SP 800-63B-4 section 3.2.2 allows. After that, the owner can sign in from a recognized browser or a trusted
device, whose attempts are counted separately (OWASP's device cookie), or reset the password by email.
"""

import hashlib

import msgspec

from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.network import network_of
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle import rules
from athena_auth.throttle.model import Throttled
from athena_auth.throttle.passwords import sql
from athena_auth.throttle.passwords.model import Consumption, ThrottleKeys

_WINDOW = 3600
"""Seconds over which a network's wrong passwords are counted."""
_MAX_OF_NETWORK = 100
"""Wrong passwords in a window; many users may share an address."""
_UNLIMITED = 2**31 - 1
_FORGOTTEN_AFTER = 86_400
"""Seconds without an attempt after which the counts of networks and pairs are deleted."""
_STRANGER_FORGOTTEN_AFTER = 7_776_000
"""The same for email addresses without an account: 90 days.

The counts of accounts are never deleted, so this must be long: otherwise a second series of attempts would reveal which
addresses have an account. An address that has reached the limit stays blocked for ever, with or without an account.
"""
_USED_UP = 3600


def throttle_keys(email: str, address: str, *, is_known: bool) -> ThrottleKeys:
    """Return the keys under which a stranger's attempt at this account's password is counted."""
    network = network_of(address)
    return ThrottleKeys(_digest("network", network), _pair_key(email, network), account_key(email), is_known)


def account_key(email: str) -> bytes:
    """Return the key of an email address."""
    return _digest("account", email)


class PasswordBudget:
    """Counts attempts.

    Args:
        store: The database.
        by_network: Whether to limit networks; only if rate limits by address are on.
    """

    def __init__(self, store: Store, *, by_network: bool) -> None:
        self._store = store
        self._by_network = by_network

    async def consume(self, keys: ThrottleKeys, now: Millis) -> Consumption | Throttled:
        """Count an attempt before it is verified."""
        if not self._by_network:
            # All clients may seem to have one address, and every sign-in would wait for the lock on its row.
            keys = msgspec.structs.replace(keys, network=_digest("any-network", keys.pair.hex()))
        limits = sql.PasswordLimits(
            now=now,
            window_began=after(now, -_WINDOW),
            soon=after(now, _FORGOTTEN_AFTER),
            in_a_while=after(now, _STRANGER_FORGOTTEN_AFTER),
            most=rules.MAX_BY_STRANGERS,
            most_of_network=_MAX_OF_NETWORK if self._by_network else _UNLIMITED,
        )
        allowed = await sql.consume(self._store, keys, limits)
        every = (keys.network, keys.pair, keys.account)
        if len(allowed) == len(every):
            pair, account = allowed[keys.pair], allowed[keys.account]
            return Consumption(keys, pair.failures, account.failures, account.warned_at)
        await self._refund(tuple(allowed))
        return await self._throttled(keys, now)

    def succeeded(self, tx: Tx, consumption: Consumption) -> None:
        """Reset the failures of this account. The network's other failures stay: an attacker may also have an account."""
        keys = consumption.keys
        sql.refund(tx, keys.network)
        sql.reset(tx, keys.pair)
        sql.reset(tx, keys.account)

    def failed(self, tx: Tx, consumption: Consumption, now: Millis, *, warned: bool) -> None:
        """Block further attempts at this account from this network for the delay, and record whether the owner is notified."""
        until = rules.blocked_until(consumption.failures, now)
        if until > now:
            sql.close_until(tx, consumption.keys.pair, until)
        if warned:
            sql.record_warning(tx, consumption.keys.account, now)

    async def _refund(self, allowed: tuple[bytes, ...]) -> None:
        async def work(tx: Tx) -> None:
            for key in allowed:
                sql.refund(tx, key)

        if allowed:
            await self._store.transact(work)

    async def _throttled(self, keys: ThrottleKeys, now: Millis) -> Throttled:
        counts = await sql.load(self._store, keys)
        account = counts.get(keys.account)
        if account is not None and account.failures >= rules.MAX_BY_STRANGERS:
            return Throttled(after(now, _USED_UP), used_up=True)
        pair, network = counts.get(keys.pair), counts.get(keys.network)
        if pair is not None and pair.blocked_until > now:
            return Throttled(pair.blocked_until)
        return Throttled(after(now, _WINDOW) if network is None else after(network.began_at, _WINDOW))


def reset_account(tx: Tx, email: str, address: str | None = None) -> None:
    """Reset the failed attempts at an account after its password was replaced, in total and from this address."""
    if address is not None:  # in the order of counting, so that locks are always taken in the same order
        sql.reset(tx, _pair_key(email, network_of(address)))
    sql.reset(tx, account_key(email))


async def reset_counted(tx: Tx, email: str) -> bool:
    """Reset the failed attempts at this account's password; False when there were none."""
    return await sql.reset_counted(tx, account_key(email))


def forget_account(tx: Tx, email: str) -> None:
    """Delete the count of a deleted account."""
    sql.forget(tx, account_key(email))


def _pair_key(email: str, network: str) -> bytes:
    return _digest("pair", f"{network} {email}")


def _digest(kind: str, key: str) -> bytes:
    return hashlib.sha256(f"athena-password-budget:{kind}:{key}".encode()).digest()
