"""Error codes and refusals.

An expected refusal is a value, not an exception: an exception would roll back the transaction, and with it the
count of the attempt that was refused. Exceptions are for bugs and outages.
"""

from enum import StrEnum, unique
from http import HTTPStatus
from typing import NamedTuple


class _Refusal(NamedTuple):
    status: HTTPStatus
    message: str


@unique
class ErrorCode(StrEnum):
    """Every `code` a client may receive, each with an HTTP status and a message for the user."""

    INVALID_EMAIL_OR_PASSWORD = "INVALID_EMAIL_OR_PASSWORD"
    INVALID_PASSWORD = "INVALID_PASSWORD"
    PASSWORD_TOO_SHORT = "PASSWORD_TOO_SHORT"
    PASSWORD_TOO_LONG = "PASSWORD_TOO_LONG"
    PASSWORD_TOO_COMMON = "PASSWORD_TOO_COMMON"
    PASSWORD_CONTAINS_EMAIL = "PASSWORD_CONTAINS_EMAIL"
    INVALID_EMAIL = "INVALID_EMAIL"
    USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"
    UNAUTHORIZED = "UNAUTHORIZED"
    INVALID_ORIGIN = "INVALID_ORIGIN"
    MISSING_OR_NULL_ORIGIN = "MISSING_OR_NULL_ORIGIN"
    INVALID_REDIRECT_URL = "INVALID_REDIRECT_URL"
    INVALID_CALLBACK_URL = "INVALID_CALLBACK_URL"
    SESSION_EXPIRED = "SESSION_EXPIRED"
    EMAIL_ALREADY_VERIFIED = "EMAIL_ALREADY_VERIFIED"
    EMAIL_MISMATCH = "EMAIL_MISMATCH"
    EMAIL_CAN_NOT_BE_UPDATED = "EMAIL_CAN_NOT_BE_UPDATED"
    SIGN_IN_AGAIN = "SIGN_IN_AGAIN"
    USER_NOT_FOUND = "USER_NOT_FOUND"
    SESSION_NOT_FOUND = "SESSION_NOT_FOUND"
    TRUSTED_DEVICE_NOT_FOUND = "TRUSTED_DEVICE_NOT_FOUND"
    STEP_UP_REQUIRED = "STEP_UP_REQUIRED"
    ENROLMENT_REQUIRED = "ENROLMENT_REQUIRED"
    INVALID_TOKEN = "INVALID_TOKEN"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    INVALID_TWO_FACTOR_COOKIE = "INVALID_TWO_FACTOR_COOKIE"
    INVALID_CODE = "INVALID_CODE"
    INVALID_BACKUP_CODE = "INVALID_BACKUP_CODE"
    OTP_HAS_EXPIRED = "OTP_HAS_EXPIRED"
    OTP_NOT_CONFIGURED = "OTP_NOT_CONFIGURED"
    TOTP_NOT_ENABLED = "TOTP_NOT_ENABLED"
    TWO_FACTOR_NOT_ENABLED = "TWO_FACTOR_NOT_ENABLED"
    BACKUP_CODES_NOT_ENABLED = "BACKUP_CODES_NOT_ENABLED"
    TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE = "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"
    ACCOUNT_TEMPORARILY_LOCKED = "ACCOUNT_TEMPORARILY_LOCKED"
    CONFLICT = "CONFLICT"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    HEADERS_TOO_LARGE = "HEADERS_TOO_LARGE"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status of this code; a route may override it (`Route.statuses`)."""
        return _REFUSALS[self].status

    @property
    def message(self) -> str:
        """The message for the user, unless the refusal has a more specific one."""
        return _REFUSALS[self].message


_REFUSALS = {
    ErrorCode.INVALID_EMAIL_OR_PASSWORD: _Refusal(
        HTTPStatus.UNAUTHORIZED, "The email address or password is wrong. Check both and try again."
    ),
    ErrorCode.INVALID_PASSWORD: _Refusal(HTTPStatus.BAD_REQUEST, "The password is wrong. Try again."),
    ErrorCode.PASSWORD_TOO_SHORT: _Refusal(
        HTTPStatus.BAD_REQUEST, "The password is too short. Use at least 8 characters."
    ),
    ErrorCode.PASSWORD_TOO_LONG: _Refusal(
        HTTPStatus.BAD_REQUEST, "The password is too long. Use at most 128 characters."
    ),
    ErrorCode.PASSWORD_TOO_COMMON: _Refusal(
        HTTPStatus.BAD_REQUEST, "This password is too common. Choose another one."
    ),
    ErrorCode.PASSWORD_CONTAINS_EMAIL: _Refusal(
        HTTPStatus.BAD_REQUEST, "The password contains your email address. Choose another one."
    ),
    ErrorCode.INVALID_EMAIL: _Refusal(
        HTTPStatus.BAD_REQUEST, "This is not a valid email address. Check it and try again."
    ),
    ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: _Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "An account with this email address already exists. Sign in, or use another address.",
    ),
    ErrorCode.UNAUTHORIZED: _Refusal(HTTPStatus.UNAUTHORIZED, "You are not signed in. Sign in first."),
    ErrorCode.INVALID_ORIGIN: _Refusal(
        HTTPStatus.FORBIDDEN,
        "The request is authenticated by cookie but comes from an untrusted origin. Send it from this site or a trusted "
        "origin.",
    ),
    ErrorCode.MISSING_OR_NULL_ORIGIN: _Refusal(
        HTTPStatus.FORBIDDEN,
        "The request is authenticated by cookie but does not name its origin. Send it from this site or a trusted origin, "
        "or with a bearer token.",
    ),
    ErrorCode.INVALID_REDIRECT_URL: _Refusal(
        HTTPStatus.FORBIDDEN,
        "`redirectTo` may not receive a password reset token. Use a password reset page of this site or of a trusted "
        "origin.",
    ),
    ErrorCode.INVALID_CALLBACK_URL: _Refusal(
        HTTPStatus.FORBIDDEN,
        "`callbackURL` leads to an untrusted origin. Use a page of this site or of a trusted origin.",
    ),
    ErrorCode.SESSION_EXPIRED: _Refusal(
        HTTPStatus.BAD_REQUEST, "You signed in too long ago. Enter your password, or sign in again."
    ),
    ErrorCode.EMAIL_ALREADY_VERIFIED: _Refusal(
        HTTPStatus.BAD_REQUEST, "This email address is already verified."
    ),
    ErrorCode.EMAIL_MISMATCH: _Refusal(
        HTTPStatus.BAD_REQUEST, "This is not the email address of the signed-in account."
    ),
    ErrorCode.EMAIL_CAN_NOT_BE_UPDATED: _Refusal(
        HTTPStatus.BAD_REQUEST, "The email address cannot be changed here."
    ),
    ErrorCode.SESSION_NOT_FOUND: _Refusal(
        HTTPStatus.NOT_FOUND, "Session not found. It may have ended already."
    ),
    ErrorCode.TRUSTED_DEVICE_NOT_FOUND: _Refusal(
        HTTPStatus.NOT_FOUND, "Trusted device not found. Its trust may have ended already."
    ),
    ErrorCode.STEP_UP_REQUIRED: _Refusal(
        HTTPStatus.FORBIDDEN,
        "Your second factor was not verified recently. Verify it in this session, then repeat the request.",
    ),
    ErrorCode.ENROLMENT_REQUIRED: _Refusal(
        HTTPStatus.FORBIDDEN,
        "This action requires two-factor authentication. Turn it on for your account first.",
    ),
    ErrorCode.SIGN_IN_AGAIN: _Refusal(
        HTTPStatus.FORBIDDEN, "You signed in too long ago. Sign in again, then repeat the request."
    ),
    ErrorCode.USER_NOT_FOUND: _Refusal(HTTPStatus.NOT_FOUND, "Account not found."),
    ErrorCode.INVALID_TOKEN: _Refusal(
        HTTPStatus.BAD_REQUEST, "This link has expired or has already been used. Request a new one."
    ),
    ErrorCode.TOO_MANY_REQUESTS: _Refusal(
        HTTPStatus.TOO_MANY_REQUESTS, "Too many requests. Wait before you try again."
    ),
    ErrorCode.INVALID_TWO_FACTOR_COOKIE: _Refusal(
        HTTPStatus.UNAUTHORIZED, "This sign-in has ended or expired. Sign in with your password again."
    ),
    ErrorCode.INVALID_CODE: _Refusal(
        HTTPStatus.UNAUTHORIZED,
        "The code is wrong or has already been used. Wait for the next one, then try again.",
    ),
    ErrorCode.INVALID_BACKUP_CODE: _Refusal(
        HTTPStatus.UNAUTHORIZED, "The backup code is wrong or has already been used. Try another one."
    ),
    ErrorCode.OTP_HAS_EXPIRED: _Refusal(HTTPStatus.BAD_REQUEST, "The code has expired. Request a new one."),
    ErrorCode.OTP_NOT_CONFIGURED: _Refusal(
        HTTPStatus.BAD_REQUEST, "Codes by email are not turned on for this account."
    ),
    ErrorCode.TOTP_NOT_ENABLED: _Refusal(
        HTTPStatus.BAD_REQUEST, "No authenticator app is set up for this account. Set one up first."
    ),
    ErrorCode.TWO_FACTOR_NOT_ENABLED: _Refusal(
        HTTPStatus.BAD_REQUEST, "Two-factor authentication is off. Turn it on with your password first."
    ),
    ErrorCode.BACKUP_CODES_NOT_ENABLED: _Refusal(
        HTTPStatus.BAD_REQUEST, "This account has no backup codes. Generate new ones."
    ),
    ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: _Refusal(
        HTTPStatus.BAD_REQUEST, "Too many wrong codes for this sign-in. Sign in with your password again."
    ),
    ErrorCode.ACCOUNT_TEMPORARILY_LOCKED: _Refusal(
        HTTPStatus.TOO_MANY_REQUESTS, "Too many failed attempts for this account. Wait before you try again."
    ),
    ErrorCode.CONFLICT: _Refusal(
        HTTPStatus.CONFLICT, "The account was changed at the same time. Check its current state, then retry."
    ),
    ErrorCode.VALIDATION_ERROR: _Refusal(HTTPStatus.BAD_REQUEST, "The request is not valid."),
    ErrorCode.NOT_FOUND: _Refusal(HTTPStatus.NOT_FOUND, "There is nothing at this path."),
    ErrorCode.METHOD_NOT_ALLOWED: _Refusal(
        HTTPStatus.METHOD_NOT_ALLOWED, "This path does not support this method."
    ),
    ErrorCode.PAYLOAD_TOO_LARGE: _Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is larger than 64 KiB."
    ),
    ErrorCode.HEADERS_TOO_LARGE: _Refusal(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request line and the headers are larger than 64 KiB, or there are more than 100 header fields.",
    ),
    ErrorCode.REQUEST_TIMEOUT: _Refusal(
        HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive. Send it again."
    ),
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: _Refusal(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body as JSON, with Content-Type: application/json."
    ),
    ErrorCode.SERVICE_UNAVAILABLE: _Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE, "The service is temporarily unavailable. Try again shortly."
    ),
    ErrorCode.INTERNAL_SERVER_ERROR: _Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on our side. Check whether your request took effect before you repeat it.",
    ),
}


class Refused:
    """An expected refusal, returned by a use case; what the use case has recorded is kept.

    Args:
        code: The error code.
        message: The message for the user; that of the code by default.
        retry_after: Seconds to wait before a retry.
    """

    __slots__ = ("code", "message", "retry_after")

    def __init__(
        self, code: ErrorCode, message: str | None = None, *, retry_after: int | None = None
    ) -> None:
        self.code = code
        self.message = message or code.message
        self.retry_after = retry_after

    def __repr__(self) -> str:
        return f"Refused({self.code.value})"


class Unavailable(Exception):  # noqa: N818 - it names a state of the server, not a fault in the code
    """A resource is temporarily exhausted or unreachable: the answer is 503, and nothing was changed.

    Args:
        reason: What is missing, for the log.
        retry_after: Seconds to wait before a retry.
    """

    def __init__(self, reason: str, *, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
