"""What a caller is told when a value cannot be read, because its secret is not configured."""

from athena_auth.crypto.keys import UnreadableError
from athena_auth.kernel.log import Log
from athena_auth.kernel.outcome import ErrorCode, Refused

_log = Log(__name__)

_RETRY_AFTER = 60
"""Seconds. An operator has to act, so there is no point in retrying at once."""


def refuse_unreadable(error: UnreadableError) -> Refused:
    """Log which secret an operator has to look for, and return the refusal.

    Nothing was verified, so nothing may be counted: the caller's transaction is rolled back, or counts a success.
    """
    event = "secret.mismatch" if error.is_configured else "secret.missing"
    _log.error(event, number=error.number)
    return Refused(
        ErrorCode.SERVICE_UNAVAILABLE,
        "The server cannot verify this at the moment. Use another second factor, or try again later.",
        retry_after=_RETRY_AFTER,
    )
