"""Attempts at an account's secrets, and how they are divided."""

from enum import StrEnum

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.throttle.rules import MAX_BY_RECOGNIZED, MAX_BY_STRANGERS


class AttemptKind(StrEnum):
    """Whose attempts at which secret are counted together.

    Strangers have most of the hundred failures that an authenticator may see in a row. The rest is shared by
    whoever has shown more than a password: recognized browsers, trusted devices and live sessions. Strangers cannot
    use that up, so they cannot lock the owner out. The attempts of strangers at passwords are counted in
    `throttle.passwords`, by address, since they may be at addresses that have no account.

    The values are those of the column, which older versions named otherwise.
    """

    STRANGER_CODE = "challenge"
    RECOGNIZED_CODE = "session"
    RECOGNIZED_PASSWORD = "password"

    @property
    def limit(self) -> int:
        """The consecutive failures after which nothing of this kind is verified any more."""
        return MAX_BY_STRANGERS if self is AttemptKind.STRANGER_CODE else MAX_BY_RECOGNIZED


class Allowed(msgspec.Struct, frozen=True):
    """An attempt was counted: it is the `failures`-th in a row until it is verified."""

    failures: int
    warned_at: Millis
    """When the owner was last notified of failures of this kind."""


class Throttled(msgspec.Struct, frozen=True):
    """No attempt is verified before `until`; or at all, when they are used up."""

    until: Millis
    used_up: bool = False
