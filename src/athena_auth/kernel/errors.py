"""Error codes and refusals.

An expected refusal is a value, not an exception: an exception would roll back the transaction, and with it the
count of the attempt that was refused. Exceptions are for bugs and outages.
"""

from enum import StrEnum, auto, unique
from http import HTTPStatus
from typing import Self

from athena_auth.kernel.texts import Text


@unique
class ErrorCode(StrEnum):
    """Every `code` a client may receive, each with an HTTP status and a message for the user."""

    status: HTTPStatus
    """The HTTP status of this code; a route may override it (`Route.statuses`)."""
    message: str
    """The message for the user, unless the refusal has a more specific one."""

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

    INVALID_EMAIL_OR_PASSWORD = (
        auto(),
        401,
        "The email address or password is wrong. Check both and try again.",
    )
    INVALID_PASSWORD = auto(), 400, "The password is wrong. Try again."
    PASSWORD_TOO_SHORT = auto(), 400, "The password is too short. Use at least 8 characters."
    PASSWORD_TOO_LONG = auto(), 400, "The password is too long. Use at most 128 characters."
    PASSWORD_TOO_COMMON = auto(), 400, "This password is too common. Choose another one."
    PASSWORD_COMPROMISED = auto(), 400, "This password has appeared in a data breach. Choose another one."
    PASSWORD_CONTAINS_EMAIL = auto(), 400, "The password contains your email address. Choose another one."
    PASSWORD_ALREADY_SET = auto(), 400, "This account has a password already. Change it instead."
    CREDENTIAL_ACCOUNT_NOT_FOUND = auto(), 400, "This account has no password. Set one first."
    INVALID_EMAIL = auto(), 400, "This is not a valid email address. Check it and try again."
    USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL = (
        auto(),
        422,
        "An account with this email address already exists. Sign in, or use another address.",
    )
    EMAIL_PASSWORD_SIGN_UP_DISABLED = (
        auto(),
        403,
        "Sign-up is closed. Ask the operator of this site for an account.",
    )
    INVITE_REQUIRED = (
        auto(),
        403,
        "Sign-up requires an invitation. Open the link in your invitation, or ask for one.",
    )
    INVALID_INVITE = (
        auto(),
        400,
        "This invitation has expired, has already been used, or was sent to another address. Sign up with the address that it was sent to, or ask for a new one.",
    )
    EMAIL_NOT_VERIFIED = (
        auto(),
        403,
        "Your email address is not verified. Open the link in the email that we sent to you, then sign in.",
    )
    UNAUTHORIZED = auto(), 401, "You are not signed in. Sign in first."
    INVALID_ORIGIN = (
        auto(),
        403,
        "The request is authenticated by cookie but comes from an untrusted origin. Send it from this site or a trusted origin.",
    )
    MISSING_OR_NULL_ORIGIN = (
        auto(),
        403,
        "The request is authenticated by cookie but does not name its origin. Send it from this site or a trusted origin, or with a bearer token.",
    )
    INVALID_REDIRECT_URL = (
        auto(),
        403,
        "A password reset token may not be sent to this `redirectTo`. Use a password reset page of this site or of a trusted origin.",
    )
    INVALID_CALLBACK_URL = (
        auto(),
        403,
        "The `callbackURL` leads to an untrusted origin. Use a page of this site or of a trusted origin.",
    )
    SESSION_EXPIRED = auto(), 400, "You signed in too long ago. Enter your password, or sign in again."
    EMAIL_ALREADY_VERIFIED = auto(), 400, "This email address is already verified."
    EMAIL_MISMATCH = auto(), 400, "This is not the email address of the signed-in account."
    EMAIL_CAN_NOT_BE_UPDATED = auto(), 400, "The email address cannot be changed here."
    SIGN_IN_AGAIN = auto(), 403, "You signed in too long ago. Sign in again, then repeat the request."
    USER_NOT_FOUND = auto(), 404, "Account not found."
    SESSION_NOT_FOUND = auto(), 404, "Session not found. It may have ended already."
    TRUSTED_DEVICE_NOT_FOUND = auto(), 404, "Trusted device not found. Its trust may have ended already."
    AUTHENTICATOR_NOT_FOUND = auto(), 404, "Authenticator not found. It may have been removed already."
    LAST_AUTHENTICATOR = (
        auto(),
        400,
        "This is the only second factor that you can use now. Add another one first, or turn two-factor authentication off.",
    )
    TOO_MANY_AUTHENTICATORS = (
        auto(),
        400,
        "This account has ten authenticators of this kind already. Remove one first.",
    )
    METHOD_NOT_AVAILABLE = (
        auto(),
        400,
        "This account cannot use this method. Set it up first, or choose another one.",
    )
    STEP_UP_REQUIRED = (
        auto(),
        403,
        "Your second factor was not verified recently. Verify it in this session, then repeat the request.",
    )
    ENROLMENT_REQUIRED = (
        auto(),
        403,
        "This action requires two-factor authentication. Turn it on for your account first.",
    )
    INVALID_TOKEN = auto(), 400, "This link has expired or has already been used. Request a new one."
    RECOVERY_NOT_OFFERED = auto(), 403, "Accounts cannot be recovered here without help. Contact support."
    RECOVERY_ALREADY_OPEN = (
        auto(),
        409,
        "The recovery of this account has begun already. Look for the latest email about it.",
    )
    RECOVERY_TOO_SOON = (
        auto(),
        403,
        "A recovery of this account was begun in the last 30 days. Wait, or contact support.",
    )
    RECOVERY_NEEDS_OPERATOR = (
        auto(),
        403,
        "The password of this account was last set with a link from an email, so another link is not enough. Contact support.",
    )
    RECOVERY_NOT_DUE = (
        auto(),
        403,
        "The waiting time of this recovery is not over. Wait for the next email about it.",
    )
    RECOVERY_ENDED = auto(), 400, "This recovery was completed or cancelled, or has expired."
    TOO_MANY_REQUESTS = auto(), 429, "Too many requests. Wait before you try again."
    INVALID_TWO_FACTOR_COOKIE = (
        auto(),
        401,
        "This sign-in has ended or expired. Sign in with your password again.",
    )
    INVALID_CODE = (
        auto(),
        401,
        "The code is wrong or has already been used. Wait for the next one, then try again.",
    )
    INVALID_BACKUP_CODE = auto(), 401, "The backup code is wrong or has already been used. Try another one."
    OTP_HAS_EXPIRED = auto(), 400, "The code has expired. Request a new one."
    OTP_NOT_CONFIGURED = auto(), 400, "Codes by email are not turned on for this account."
    TOTP_NOT_ENABLED = auto(), 400, "No authenticator app is set up for this account. Set one up first."
    TWO_FACTOR_NOT_ENABLED = (
        auto(),
        400,
        "Two-factor authentication is off. Turn it on with your password first.",
    )
    BACKUP_CODES_NOT_ENABLED = auto(), 400, "This account has no backup codes. Generate new ones."
    TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE = (
        auto(),
        400,
        "Too many wrong codes for this sign-in. Sign in with your password again.",
    )
    ACCOUNT_TEMPORARILY_LOCKED = (
        auto(),
        429,
        "Too many failed attempts for this account. Wait before you try again.",
    )
    CHALLENGE_NOT_FOUND = auto(), 400, "This prompt has expired or was answered already. Request a new one."
    AUTHENTICATION_FAILED = (
        auto(),
        401,
        "The passkey was not accepted. Try again, or confirm another way that it is you.",
    )
    FAILED_TO_VERIFY_REGISTRATION = auto(), 400, "The passkey could not be verified. Try to add it again."
    PREVIOUSLY_REGISTERED = auto(), 400, "This passkey is already registered. Use another one."
    PASSKEY_NOT_FOUND = auto(), 404, "This passkey is not registered. It may have been removed."
    TOO_MANY_PASSKEYS = auto(), 400, "This account has ten passkeys already. Remove one first."
    AUTHENTICATOR_NOT_ALLOWED = (
        auto(),
        400,
        "This site does not accept passkeys of this kind. Use another device or password manager.",
    )
    USER_VERIFICATION_REQUIRED = (
        auto(),
        401,
        "Your device did not check that it is you. Set up a PIN or a fingerprint on it, or sign in with your password first.",
    )
    CONFLICT = auto(), 409, "The account was changed at the same time. Check its current state, then retry."
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
        "Something went wrong on our side. Check whether your request took effect before you repeat it.",
    )


class Refused:
    """An expected refusal, returned by a use case; what the use case has recorded is kept.

    Args:
        code: The error code.
        text: The message for the user; that of the code by default. A plain string is translated only if a catalogue has it: `Text("…")` puts it there.
        retry_after: Seconds to wait before a retry.
        location: The URL of the page where the user can meet what is missing, for proxies that redirect by themselves.
    """

    __slots__ = ("code", "location", "retry_after", "text")

    def __init__(
        self,
        code: ErrorCode,
        text: Text | str | None = None,
        *,
        retry_after: int | None = None,
        location: str | None = None,
    ) -> None:
        self.code = code
        self.text = text if isinstance(text, Text) else Text(text or code.message)
        self.retry_after = retry_after
        self.location = location

    @property
    def message(self) -> str:
        """The message in English."""
        return str(self.text)

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
