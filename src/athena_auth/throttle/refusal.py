"""What is said to somebody whose guesses are not looked at."""

from athena_auth.kernel.clock import Millis, seconds_until
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.throttle.model import Blocked

GUESSES_USED_UP = (
    "Too many wrong guesses in a row: no more are accepted until the owner changes the password or the second "
    "factor in a session that is still open, or the operator unlocks the account."
)

PASSWORDS_USED_UP = (
    "Too many wrong passwords in a row: no more are accepted here until a new one was set by a link in a mail, or "
    "the operator unlocks the account."
)

SIGN_IN_USED_UP = (
    "Too many wrong passwords in a row: sign in from a device you trust, or set a new password by mail."
)


def refused_by(blocked: Blocked, now: Millis, used_up: str) -> Refused:
    """Return the refusal, with the time to wait; `used_up` says what helps when waiting does not."""
    message = used_up if blocked.used_up else None
    retry_after = seconds_until(blocked.until, now)
    return Refused(ErrorCode.ACCOUNT_TEMPORARILY_LOCKED, message, retry_after=retry_after)
