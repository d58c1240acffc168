"""How the delay grows with each failed attempt, and when a series of them is news. Pure."""

from athena_auth.kernel.clock import Millis, after

FREE_FAILURES = 4
"""Failures in a row that cost no waiting; the fifth does."""
MAX_BY_STRANGERS = 70
"""Consecutive failures of strangers at one authenticator after which none of theirs is verified any more."""
MAX_BY_RECOGNIZED = 30
"""The same for recognized browsers, trusted devices and live sessions together. With those of strangers that makes the
hundred of NIST SP 800-63B-4 section 3.2.2."""
_FIRST_DELAY = 30
_LONGEST_DELAY = 3600
_DOUBLINGS = 7
"""As many as reach the longest delay."""
_EPISODE = 86_400
"""Seconds after which failures are a new episode, of which the owner is notified again."""


def delay(failures: int) -> int:
    """Return the seconds to wait after so many failures in a row: 30 s from the fifth on, doubling to an hour."""
    if failures <= FREE_FAILURES:
        return 0
    doublings = min(failures - FREE_FAILURES - 1, _DOUBLINGS)
    return min(_LONGEST_DELAY, _FIRST_DELAY << doublings)


def blocked_until(failures: int, now: Millis) -> Millis:
    """Return when the next attempt may be made."""
    return after(now, delay(failures))


def is_new_episode(warned_at: Millis, now: Millis) -> bool:
    """Tell whether a warning of that instant is too old to speak for a failure now, or of a clock set back since."""
    return not after(now, -_EPISODE) < warned_at <= now
