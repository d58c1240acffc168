"""The keys under which password attempts are counted."""

import msgspec

from athena_auth.kernel.clock import Millis


class ThrottleKeys(msgspec.Struct, frozen=True):
    """The three keys under which every attempt is counted, as digests; each has its own limit.

    Attempts are counted for every email address, whether or not it has an account: otherwise a block would reveal which
    addresses have one.
    """

    network: bytes
    """The client's network: limits attackers who try one password at many accounts."""
    pair: bytes
    """This account from this network: causes the delay. Owners on another network do not wait for it."""
    account: bytes
    """This account from all networks of strangers: limits them to their share of the hundred consecutive failures."""
    is_known: bool
    """Whether the account exists, so that its count must not be deleted."""


class Consumption(msgspec.Struct, frozen=True):
    """An attempt was counted under all three keys."""

    keys: ThrottleKeys
    failures: int
    """Consecutive failures at this account from this network, including this attempt until it is verified."""
    failures_from_anywhere: int
    """The same from all networks together."""
    warned_at: Millis
    """When the owner was last notified of failures."""
