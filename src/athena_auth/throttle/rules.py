"""The delay after failed attempts, and when the owner is notified of them. Pure."""

from athena_auth.kernel.clock import Millis, after

FREE_FAILURES = 4
"""Consecutive failures without a delay; the fifth failure causes one."""
MAX_BY_STRANGERS = 70
"""Consecutive failures of unrecognized clients at one authenticator; after that their attempts are not verified."""
MAX_BY_RECOGNIZED = 30
"""The same for recognized browsers, trusted devices and live sessions together. The two add up to the hundred failures
that NIST SP 800-63B-4 section 3.2.2 allows."""
_FIRST_DELAY = 30
_LONGEST_DELAY = 3600
_DOUBLINGS = 7
"""The number of doublings that reaches the longest delay."""
_EPISODE = 86_400
"""Seconds after a notification before failures count as a new episode, of which the owner is notified again."""


def delay(failures: int) -> int:
    """Return the seconds to wait after this many consecutive failures: 30 after the fifth, doubling up to an hour."""
    if failures <= FREE_FAILURES:
        return 0
    doublings = min(failures - FREE_FAILURES - 1, _DOUBLINGS)
    return min(_LONGEST_DELAY, _FIRST_DELAY << doublings)


def blocked_until(failures: int, now: Millis) -> Millis:
    """Return when the next attempt may be made."""
    return after(now, delay(failures))


def is_new_episode(warned_at: Millis, now: Millis) -> bool:
    """Tell whether the last warning is too old to cover a failure now, or lies in the future because the clock was set back."""
    return not after(now, -_EPISODE) < warned_at <= now
