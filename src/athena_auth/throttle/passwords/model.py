"""Whom a guess at a password is charged to."""

import msgspec

from athena_auth.kernel.clock import Millis


class ThrottleKeys(msgspec.Struct, frozen=True):
    """The three that every guess is charged to, as digests; each has a budget of its own.

    Addresses of mail are charged whether or not they have an account, or a lock would tell which have one.
    """

    network: bytes
    """The client's network: somebody who tries one password at many accounts."""
    pair: bytes
    """This account from this network: what grows the delay. The owner, who is elsewhere, does not wait for it."""
    account: bytes
    """This account, from anywhere by strangers: never more than their share of the hundred wrong in a row."""
    is_known: bool
    """Whether the account exists, so that its count must not be forgotten."""


class Consumption(msgspec.Struct, frozen=True):
    """A guess was paid for by all three."""

    keys: ThrottleKeys
    failures: int
    """How many in a row this account has seen from here, this one included until it proves right."""
    failures_from_anywhere: int
    """The same for all places together."""
    warned_at: Millis
    """When the owner was last notified of them."""
