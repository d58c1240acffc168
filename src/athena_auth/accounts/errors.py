"""The errors of endpoints that take a password or a code in a session."""

from athena_auth.kernel.outcome import ErrorCode

NEW_PASSWORD_ERRORS = (
    ErrorCode.PASSWORD_TOO_SHORT,
    ErrorCode.PASSWORD_TOO_LONG,
    ErrorCode.PASSWORD_TOO_COMMON,
    ErrorCode.PASSWORD_CONTAINS_EMAIL,
)
"""For a new password."""

STEP_UP_ERRORS = (
    ErrorCode.STEP_UP_REQUIRED,
    ErrorCode.INVALID_CODE,
    ErrorCode.INVALID_BACKUP_CODE,
    ErrorCode.ACCOUNT_TEMPORARILY_LOCKED,
)
"""For a code in a live session."""

PASSWORD_STEP_UP_ERRORS = (
    ErrorCode.INVALID_PASSWORD,
    *STEP_UP_ERRORS,
    ErrorCode.CONFLICT,
)
"""For a password, and a code if one is required, in a live session."""
