"""The errors of every second step, for all factors."""

from athena_auth.kernel.outcome import ErrorCode

SECOND_STEP_ERRORS = (
    ErrorCode.INVALID_TWO_FACTOR_COOKIE,
    ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE,
    ErrorCode.ACCOUNT_TEMPORARILY_LOCKED,
)
