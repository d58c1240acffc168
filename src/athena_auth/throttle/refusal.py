"""What is said to somebody whose guesses are not looked at."""

from athena_auth.kernel.clock import Millis, seconds_until
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.throttle.model import Blocked

_USED_UP = (
    "Too many wrong guesses in a row: no more are accepted until the owner changes the password or the second "
    "factor in a session that is still open, or the operator unlocks the account."
)


def refused_by(blocked: Blocked, now: Millis) -> Refused:
    """Return the refusal, with the time to wait."""
    message = _USED_UP if blocked.used_up else None
    retry_after = seconds_until(blocked.until, now)
    return Refused(ErrorCode.ACCOUNT_TEMPORARILY_LOCKED, message, retry_after=retry_after)
