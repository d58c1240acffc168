"""Attempts at an account's secrets, and the kinds in which they are counted."""

from enum import StrEnum

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.throttle.rules import MAX_BY_RECOGNIZED, MAX_BY_STRANGERS


class AttemptKind(StrEnum):
    """The kinds of attempt that are counted separately.

    Of the hundred consecutive failures that an authenticator may have, unrecognized clients ("strangers") get most.
    The rest is reserved for recognized browsers, trusted devices and live sessions. Strangers cannot use it up, so
    they cannot lock the owner out. Strangers' attempts at passwords are counted in `throttle.passwords`, by
    email address, because there may be no account at the address.

    The values are those of the database column, which uses older names.
    """

    STRANGER_CODE = "challenge"
    RECOGNIZED_CODE = "session"
    RECOGNIZED_PASSWORD = "password"

    @property
    def limit(self) -> int:
        """The number of consecutive failures after which no attempt of this kind is verified."""
        return MAX_BY_STRANGERS if self is AttemptKind.STRANGER_CODE else MAX_BY_RECOGNIZED


class Allowed(msgspec.Struct, frozen=True):
    """The attempt was counted, as the `failures`-th consecutive failure until it is verified."""

    failures: int
    warned_at: Millis
    """When the owner was last notified of failures of this kind; 0 if not since the last reset."""


class Throttled(msgspec.Struct, frozen=True):
    """No attempt is verified before `until`, or none at all if `used_up`."""

    until: Millis
    used_up: bool = False
