"""How whatever takes a password can say no."""

from athena_auth.kernel.outcome import ErrorCode

NEW_PASSWORD_ERRORS = (
    ErrorCode.PASSWORD_TOO_SHORT,
    ErrorCode.PASSWORD_TOO_LONG,
    ErrorCode.PASSWORD_TOO_COMMON,
    ErrorCode.PASSWORD_CONTAINS_EMAIL,
)
"""To a password that is to be set."""

STEP_UP_ERRORS = (
    ErrorCode.STEP_UP_REQUIRED,
    ErrorCode.INVALID_CODE,
    ErrorCode.INVALID_BACKUP_CODE,
    ErrorCode.ACCOUNT_TEMPORARILY_LOCKED,
)
"""To a code that is to prove who asks, in a live session."""

PASSWORD_STEP_UP_ERRORS = (
    ErrorCode.INVALID_PASSWORD,
    *STEP_UP_ERRORS,
    ErrorCode.CONFLICT,
)
"""To a password, and a code where one is due, in a live session."""
