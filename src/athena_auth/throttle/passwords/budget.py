"""Strangers' attempts at passwords at sign-in: count first, then verify.

An attempt is charged to the network it comes from, to this account from there, and to the account. The delay grows for
the second only, so that whoever knows an address cannot keep its owner from signing in: the owner waits only for what is
tried from where they are. The third ends at the strangers' share of the hundred consecutive failures that NIST SP 800-63B-4
section 3.2.2 allows. Then the way in is a recognized browser or a trusted device, whose attempts are counted apart (OWASP
calls that a device cookie), or a new password by mail.
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
_MOST_OF_NETWORK = 100
"""Wrong passwords in a window: many people may share an address."""
_UNLIMITED = 2**31 - 1
_FORGOTTEN_AFTER = 86_400
"""Seconds without a guess after which the counts of networks and pairs are forgotten."""
_STRANGER_FORGOTTEN_AFTER = 7_776_000
"""The same for addresses of mail that have no account: 90 days.

Those of accounts are never forgotten, so this must be long, or a second series of guesses would tell the two
apart. An address that is closed stays closed for ever, account or not: it took a hundred guesses to get there.
"""
_USED_UP = 3600


def throttle_keys(email: str, address: str, *, is_known: bool) -> ThrottleKeys:
    """Return whom a stranger's attempt at this account's password is charged to."""
    network = network_of(address)
    return ThrottleKeys(_digest("network", network), _pair_key(email, network), account_key(email), is_known)


def account_key(email: str) -> bytes:
    """Return the digest that stands for an address of mail."""
    return _digest("account", email)


class PasswordBudget:
    """Charges guesses and takes charges back."""

    def __init__(self, store: Store, *, by_network: bool) -> None:
        """Count networks only when limits by address are on."""
        self._store = store
        self._by_network = by_network

    async def consume(self, keys: ThrottleKeys, now: Millis) -> Consumption | Throttled:
        """Charge a guess, before anything is looked at."""
        if not self._by_network:
            # All clients may seem to have one address: every sign-in would wait for the lock of its row.
            keys = msgspec.structs.replace(keys, network=_digest("any-network", keys.pair.hex()))
        limits = sql.PasswordLimits(
            now=now,
            window_began=after(now, -_WINDOW),
            soon=after(now, _FORGOTTEN_AFTER),
            in_a_while=after(now, _STRANGER_FORGOTTEN_AFTER),
            most=rules.MAX_BY_STRANGERS,
            most_of_network=_MOST_OF_NETWORK if self._by_network else _UNLIMITED,
        )
        allowed = await sql.consume(self._store, keys, limits)
        every = (keys.network, keys.pair, keys.account)
        if len(allowed) == len(every):
            pair, account = allowed[keys.pair], allowed[keys.account]
            return Consumption(keys, pair.failures, account.failures, account.warned_at)
        await self._take_back(tuple(allowed))
        return await self._why_closed(keys, now)

    def succeeded(self, tx: Tx, consumption: Consumption) -> None:
        """Forget the failures of this account; the network's others stand: it may have an account of its own here."""
        keys = consumption.keys
        sql.refund(tx, keys.network)
        sql.reset(tx, keys.pair)
        sql.reset(tx, keys.account)

    def failed(self, tx: Tx, consumption: Consumption, now: Millis, *, warned: bool) -> None:
        """Let this account wait for attempts from there, and record that the owner is notified."""
        until = rules.blocked_until(consumption.failures, now)
        if until > now:
            sql.close_until(tx, consumption.keys.pair, until)
        if warned:
            sql.record_warning(tx, consumption.keys.account, now)

    async def _take_back(self, allowed: tuple[bytes, ...]) -> None:
        async def work(tx: Tx) -> None:
            for key in allowed:
                sql.refund(tx, key)

        if allowed:
            await self._store.transact(work)

    async def _why_closed(self, keys: ThrottleKeys, now: Millis) -> Throttled:
        counts = await sql.load(self._store, keys)
        account = counts.get(keys.account)
        if account is not None and account.failures >= rules.MAX_BY_STRANGERS:
            return Throttled(after(now, _USED_UP), used_up=True)
        pair, network = counts.get(keys.pair), counts.get(keys.network)
        if pair is not None and pair.blocked_until > now:
            return Throttled(pair.blocked_until)
        return Throttled(after(now, _WINDOW) if network is None else after(network.began_at, _WINDOW))


def reset_account(tx: Tx, email: str, address: str | None = None) -> None:
    """Forget what was guessed at a password that is another one now, from anywhere and from this address."""
    if address is not None:  # first, as guesses are charged: locks are taken in one order
        sql.reset(tx, _pair_key(email, network_of(address)))
    sql.reset(tx, account_key(email))


async def reset_counted(tx: Tx, email: str) -> bool:
    """Forget what was guessed at the password of this account, from anywhere; False when nothing is counted."""
    return await sql.reset_counted(tx, account_key(email))


def forget_account(tx: Tx, email: str) -> None:
    """Forget that there ever was an account with this address."""
    sql.forget(tx, account_key(email))


def _pair_key(email: str, network: str) -> bytes:
    return _digest("pair", f"{network} {email}")


def _digest(kind: str, key: str) -> bytes:
    return hashlib.sha256(f"athena-password-budget:{kind}:{key}".encode()).digest()
