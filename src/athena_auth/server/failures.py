"""Turns an exception that ended a request into a refusal, and logs it."""

import traceback

from athena_auth.crypto.keys import UnreadableError
from athena_auth.kernel.errors import ErrorCode, Refused, Unavailable
from athena_auth.kernel.log import Log
from athena_auth.mfa.missing_secret import refuse_unreadable
from athena_auth.store.transaction import OwnerGone

_log = Log(__name__)


def refusal_of_failure(error: Exception) -> Refused:
    """Return what the caller learns of a failure. An unexpected one is logged and becomes a 500."""
    match error:
        case OwnerGone():
            return Refused(ErrorCode.UNAUTHORIZED)
        case UnreadableError():
            return refuse_unreadable(error)
        case Unavailable():
            _log.warning("request.unavailable", reason=str(error))
            return Refused(ErrorCode.SERVICE_UNAVAILABLE, retry_after=error.retry_after)
        case _:
            _log_failure(error)
            return Refused(ErrorCode.INTERNAL_SERVER_ERROR)


def _log_failure(error: Exception) -> None:
    """Log what failed and where. The message is logged only if the error is ours: a driver may quote values."""
    kind = type(error)
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    reason = str(error) if kind.__module__.startswith("athena_auth.") else None
    _log.error("request.failed", error=kind.__qualname__, reason=reason, traceback=where)
