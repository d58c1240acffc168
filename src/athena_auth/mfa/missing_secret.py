"""The refusal when a stored value cannot be decrypted or verified, because its secret is not configured."""

from athena_auth.crypto.keys import UnreadableError
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.log import Log
from athena_auth.kernel.texts import Text

_log = Log(__name__)

_RETRY_AFTER = 60
"""Seconds. An operator has to act first, so an immediate retry is useless."""


def refuse_unreadable(error: UnreadableError) -> Refused:
    """Log the number of the secret that an operator must restore, and return the refusal.

    No code was verified, so no failed attempt may be counted: the caller rolls its transaction back.
    """
    event = "secret.mismatch" if error.is_configured else "secret.missing"
    _log.error(event, number=error.number)
    return Refused(
        ErrorCode.SERVICE_UNAVAILABLE,
        Text("The server cannot verify this at the moment. Use another second factor, or try again later."),
        retry_after=_RETRY_AFTER,
    )
