"""How a use case says no.

An expected refusal is a value, not an exception: a raise would roll the transaction back, and with it the
count of the guess that was just refused. Exceptions are for bugs and outages.
"""

from enum import StrEnum, auto, unique
from http import HTTPStatus
from typing import Self


@unique
class ErrorCode(StrEnum):
    """Every `code` a client may meet, which is its name; each has one HTTP status and one sentence a person can act on."""

    status: HTTPStatus
    """The HTTP status that always goes with this code."""
    message: str
    """What a person is told when the use case has nothing more exact to say."""

    @staticmethod
    def _generate_next_value_(name: str, _start: int, _count: int, _last_values: list[str]) -> str:
        return name

    def __new__(cls, name: str, status: int, message: str) -> Self:
        """Make a member: its name is its value."""
        code = str.__new__(cls, name)
        code._value_ = name
        code.status = HTTPStatus(status)
        code.message = message
        return code

    INVALID_EMAIL_OR_PASSWORD = auto(), 401, "The email address or the password is wrong."
    INVALID_PASSWORD = auto(), 400, "The password is wrong."
    PASSWORD_TOO_SHORT = auto(), 400, "The password is too short; use at least 8 characters."
    PASSWORD_TOO_LONG = auto(), 400, "The password is too long; use at most 128 characters."
    PASSWORD_TOO_COMMON = (
        auto(),
        400,
        "This password is among those that are guessed first; choose another one.",
    )
    PASSWORD_CONTAINS_EMAIL = (
        auto(),
        400,
        "The password must not contain your email address; choose another one.",
    )
    INVALID_EMAIL = auto(), 400, "This is not a valid email address."
    USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL = (
        auto(),
        422,
        "An account with this email address already exists. Sign in, or use another address.",
    )
    UNAUTHORIZED = auto(), 401, "Sign in first: there is no valid session."
    INVALID_ORIGIN = (
        auto(),
        403,
        "A request that is authenticated by cookie must come from this site or from a trusted origin.",
    )
    MISSING_OR_NULL_ORIGIN = (
        auto(),
        403,
        "The request is authenticated by cookie and does not say which page sent it. Send it from this site or a trusted origin, or with a bearer token.",
    )
    INVALID_REDIRECT_URL = (
        auto(),
        403,
        "The `redirectTo` must be a page of this site or of a trusted origin that may be given the token of a reset.",
    )
    INVALID_CALLBACK_URL = (
        auto(),
        403,
        "The `callbackURL` must be a page of this site or of a trusted origin.",
    )
    SESSION_EXPIRED = auto(), 400, "You signed in too long ago. Enter your password, or sign in again."
    EMAIL_ALREADY_VERIFIED = auto(), 400, "This email address is already verified."
    EMAIL_MISMATCH = auto(), 400, "This is not the email address of the account that is signed in."
    EMAIL_CAN_NOT_BE_UPDATED = auto(), 400, "The email address cannot be changed here."
    SIGN_IN_AGAIN = (
        auto(),
        403,
        "It is too long ago that you signed in; sign in again, then repeat the request.",
    )
    USER_NOT_FOUND = auto(), 404, "There is no such account."
    SESSION_NOT_FOUND = auto(), 404, "You have no such session."
    TRUSTED_DEVICE_NOT_FOUND = auto(), 404, "You have no such trusted device."
    STEP_UP_REQUIRED = auto(), 403, "Prove your second factor again in this session, then repeat the request."
    ENROLMENT_REQUIRED = (
        auto(),
        403,
        "This needs two-factor authentication; turn it on for your account first.",
    )
    INVALID_TOKEN = auto(), 400, "This link has expired or was used already; ask for a new one."
    TOO_MANY_REQUESTS = auto(), 429, "Too many requests; wait before you try again."
    INVALID_TWO_FACTOR_COOKIE = (
        auto(),
        401,
        "This sign-in has ended or has expired; sign in with your password again.",
    )
    INVALID_CODE = auto(), 401, "The code is wrong or was used already; wait for the next one and try again."
    INVALID_BACKUP_CODE = auto(), 401, "The backup code is wrong or was used already; try another one."
    OTP_HAS_EXPIRED = auto(), 400, "There is no valid sent code; ask for a new one."
    OTP_NOT_CONFIGURED = auto(), 400, "Codes by mail are not turned on for this account."
    TOTP_NOT_ENABLED = auto(), 400, "No authenticator app is set up for this account; enable it first."
    TWO_FACTOR_NOT_ENABLED = (
        auto(),
        400,
        "Two-factor authentication is off; enable it with your password first.",
    )
    BACKUP_CODES_NOT_ENABLED = auto(), 400, "This account has no backup codes; generate new ones."
    TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE = (
        auto(),
        400,
        "Too many wrong codes for this sign-in; sign in with your password again.",
    )
    ACCOUNT_TEMPORARILY_LOCKED = (
        auto(),
        429,
        "Too many wrong guesses for this account; wait before you try again.",
    )
    CONFLICT = auto(), 409, "The account changed while this was being done; look again and retry."
    VALIDATION_ERROR = auto(), 400, "The request is not valid."
    NOT_FOUND = auto(), 404, "There is nothing at this path."
    METHOD_NOT_ALLOWED = auto(), 405, "This path does not support this method."
    PAYLOAD_TOO_LARGE = auto(), 413, "The request body is larger than 64 KiB."
    HEADERS_TOO_LARGE = (
        auto(),
        431,
        "The request line and the headers are larger than 64 KiB, or there are more than 100 header fields.",
    )
    REQUEST_TIMEOUT = auto(), 408, "The request took too long to arrive. Send it again."
    UNSUPPORTED_MEDIA_TYPE = auto(), 415, "Send the body as JSON, with Content-Type: application/json."
    SERVICE_UNAVAILABLE = auto(), 503, "The service is temporarily unavailable. Try again shortly."
    INTERNAL_SERVER_ERROR = (
        auto(),
        500,
        "Something went wrong on our side; check whether it was done before you try again.",
    )


class Refused:
    """An expected no, returned by a use case after whatever it had to record was recorded."""

    __slots__ = ("code", "message", "retry_after")

    def __init__(
        self, code: ErrorCode, message: str | None = None, *, retry_after: int | None = None
    ) -> None:
        """Hold the code, its sentence (the code's own by default) and when to retry, in seconds."""
        self.code = code
        self.message = message or code.message
        self.retry_after = retry_after

    def __repr__(self) -> str:
        return f"Refused({self.code.value})"


class Unavailable(Exception):  # noqa: N818 - it names the state the caller meets, not a fault in the code
    """A resource this process needs is exhausted or out of reach for now: answer 503, change nothing."""

    def __init__(self, reason: str, *, retry_after: int = 1) -> None:
        """Say what is missing (for the log) and after how many seconds a retry makes sense."""
        super().__init__(reason)
        self.retry_after = retry_after
