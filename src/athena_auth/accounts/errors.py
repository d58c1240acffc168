"""How whatever takes a password can say no."""

from athena_auth.kernel.outcome import ErrorCode

NEW_PASSWORD_ERRORS = (
    ErrorCode.PASSWORD_TOO_SHORT,
    ErrorCode.PASSWORD_TOO_LONG,
    ErrorCode.PASSWORD_TOO_COMMON,
    ErrorCode.PASSWORD_CONTAINS_EMAIL,
)
"""To a password that is to be set."""

PROOF_ERRORS = (
    ErrorCode.INVALID_PASSWORD,
    ErrorCode.ACCOUNT_TEMPORARILY_LOCKED,
    ErrorCode.CONFLICT,
)
"""To a password that is to prove who asks, in a live session."""
