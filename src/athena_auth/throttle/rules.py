"""How the delay grows with each wrong guess. Pure."""

from athena_auth.kernel.clock import Millis, after

FREE_FAILURES = 4
"""Wrong guesses in a row that cost no waiting; the fifth does."""
MAX_FAILURES = 100
"""Consecutive failures after which nothing is looked at any more (NIST SP 800-63B-4 section 3.2.2)."""
_FIRST_DELAY = 30
_LONGEST_DELAY = 3600
_DOUBLINGS = 7
"""As many as reach the longest delay."""


def delay(failures: int) -> int:
    """Return the seconds to wait after so many failures in a row: 30 s from the fifth on, doubling to an hour."""
    if failures <= FREE_FAILURES:
        return 0
    doublings = min(failures - FREE_FAILURES - 1, _DOUBLINGS)
    return min(_LONGEST_DELAY, _FIRST_DELAY << doublings)


def blocked_until(failures: int, now: Millis) -> Millis:
    """Return when the next guess may be made."""
    return after(now, delay(failures))
