"""The clock. Rules get the time as an argument, and tests replace the clock."""

import time
from typing import NewType, Protocol

Millis = NewType("Millis", int)
"""An instant: milliseconds since 1970-01-01T00:00:00Z. Stored, compared and passed as a plain integer."""


class Clock(Protocol):
    """Source of the current time."""

    def now(self) -> Millis:
        """Return the current time."""
        ...


class SystemClock:
    """The server's own clock (ASVS 6.5.7: codes are verified against server time only)."""

    def now(self) -> Millis:
        """Return the current time."""
        return Millis(time.time_ns() // 1_000_000)


def after(instant: Millis, seconds: float) -> Millis:
    """Return the instant `seconds` after `instant`."""
    return Millis(instant + int(seconds * 1000))


def seconds_until(instant: Millis, now: Millis) -> int:
    """Return the whole seconds from `now` to `instant`, rounded up and at least one, for `Retry-After`."""
    return max(1, -((now - instant) // 1000))
