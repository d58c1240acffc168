"""Time comes in through this door, so that a rule can be asked about any instant and a test can own the clock."""

import time
from typing import NewType, Protocol

Millis = NewType("Millis", int)
"""An instant: milliseconds since 1970-01-01T00:00:00Z. Stored, compared and passed as a plain integer."""


class Clock(Protocol):
    """Tells what time it is."""

    def now(self) -> Millis:
        """Return the present instant."""
        ...


class SystemClock:
    """The machine's own clock (ASVS 6.5.7: codes are judged by server time only)."""

    def now(self) -> Millis:
        """Return the present instant."""
        return Millis(time.time_ns() // 1_000_000)


def after(instant: Millis, seconds: float) -> Millis:
    """Return the instant that lies `seconds` after `instant`."""
    return Millis(instant + int(seconds * 1000))


def seconds_until(instant: Millis, now: Millis) -> int:
    """Return the whole seconds from `now` to `instant`, rounded up, at least one: fit for `Retry-After`."""
    return max(1, -((now - instant) // 1000))
