"""The refusals of throttled attempts."""

from athena_auth.kernel.clock import Millis, seconds_until
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.throttle.model import Throttled

CODES_USED_UP = (
    "Too many wrong codes in a row. Use a backup code, or open the link in the email that we sent about this and enter "
    "your password so that this browser is recognized. If neither works, ask the operator to unlock the account."
)

PASSWORDS_USED_UP = (
    "Too many wrong passwords in a row. Set a new password with the link in a password reset email, or ask the "
    "operator to unlock the account."
)

SIGN_IN_USED_UP = (
    "Too many wrong passwords in a row. Sign in from a browser that you have signed in from before, or set a new "
    "password with the link in a password reset email."
)


def refused_by(blocked: Throttled, now: Millis, used_up: str) -> Refused:
    """Return the refusal with the time to wait. `used_up` is the message for when waiting does not help."""
    message = used_up if blocked.used_up else None
    retry_after = seconds_until(blocked.until, now)
    return Refused(ErrorCode.ACCOUNT_TEMPORARILY_LOCKED, message, retry_after=retry_after)
