"""Values and pure rules of the enforcement policy."""

from enum import IntEnum

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.kernel.clock import Millis
from athena_auth.settings.values import RequireSecondFactor

DAY = 86_400_000
"""Milliseconds."""


class Notice(IntEnum):
    """The mails about a deadline. Each is sent once, and a later one makes the earlier ones pointless."""

    NONE = 0
    BEGUN = 1
    """When the deadline is stored."""
    WEEK = 2
    """Seven days before."""
    LAST_DAY = 3
    """One day before."""


REMINDERS = {Notice.LAST_DAY: DAY, Notice.WEEK: 7 * DAY}
"""How many milliseconds before the deadline each reminder is sent, the last one first."""


class EnforcementPolicy(msgspec.Struct, frozen=True):
    """ATHENA_REQUIRE_SECOND_FACTOR and ATHENA_REQUIRE_GRACE."""

    mode: RequireSecondFactor
    grace_days: int

    def first_deadline(self, now: Millis) -> Millis:
        """Return the deadline of an account to which the policy begins to apply now."""
        return Millis(now + self.grace_days * DAY)

    def due_at(self, account: Account) -> Millis | None:
        """Return by when the account must enrol a second factor; None if it has one, or if it needs none."""
        if account.two_factor_enabled:
            return None
        # Whatever the setting: an account that had a second factor must not become one without by losing it.
        if account.recovered_at is not None:
            return account.recovered_at
        return None if self.mode == "off" else account.second_factor_due_at


def notices_sent_at(due_at: Millis, now: Millis) -> Notice:
    """Return up to which notice an account needs no further one, when its owner is notified of the deadline now."""
    near = (notice for notice, before in REMINDERS.items() if due_at - now <= before)
    return next(near, Notice.BEGUN)
