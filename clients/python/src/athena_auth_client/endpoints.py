"""Every call of the SDK: where it goes, what comes back, whether it may be repeated."""

from contextlib import suppress
from types import UnionType
from typing import Generic, Literal, TypeVar

import httpx
import msgspec

from athena_auth_client.answers import (
    BackupCodes,
    CurrentSession,
    Done,
    Enrolment,
    FirstStep,
    Session,
    SignedIn,
    SignedInByBackupCode,
    TotpUri,
    TrustedDevice,
    TwoFactorStatus,
)
from athena_auth_client.errors import unexpected

T = TypeVar("T")


class Endpoint(Generic[T]):
    """One endpoint of the server, and the type of its answer."""

    __slots__ = ("_decoder", "method", "path", "repeatable")

    def __init__(
        self,
        method: Literal["GET", "POST"],
        path: str,
        answer: type[T] | UnionType,
        *,
        repeatable: bool = False,
    ) -> None:
        """Describe it; `repeatable` means that a second request does no more than the first."""
        self.method = method
        self.path = path
        self.repeatable = repeatable
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(answer)

    def read(self, response: httpx.Response) -> T:
        """Return the answer's body.

        Raises:
            AthenaError: UNEXPECTED_ANSWER, it is not what this endpoint answers.
        """
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            return self._decoder.decode(response.content)
        # Raised where the decoder's exception is gone: that one may hold the body.
        raise unexpected(response)


SIGN_UP = Endpoint("POST", "/sign-up/email", SignedIn)
SIGN_IN = Endpoint("POST", "/sign-in/email", FirstStep)
SIGN_OUT = Endpoint("POST", "/sign-out", Done)

GET_SESSION: Endpoint[CurrentSession | None] = Endpoint(
    "GET", "/get-session", CurrentSession | None, repeatable=True
)
LIST_SESSIONS = Endpoint("GET", "/list-sessions", tuple[Session, ...], repeatable=True)
REVOKE_SESSION = Endpoint("POST", "/revoke-session", Done)
REVOKE_SESSIONS = Endpoint("POST", "/revoke-sessions", Done)
REVOKE_OTHER_SESSIONS = Endpoint("POST", "/revoke-other-sessions", Done)

UPDATE_USER = Endpoint("POST", "/update-user", Done)
DELETE_USER = Endpoint("POST", "/delete-user", Done)
CHANGE_PASSWORD = Endpoint("POST", "/change-password", SignedIn)

REQUEST_PASSWORD_RESET = Endpoint("POST", "/request-password-reset", Done)
RESET_PASSWORD = Endpoint("POST", "/reset-password", FirstStep)
SEND_VERIFICATION_EMAIL = Endpoint("POST", "/send-verification-email", Done)
CHECK_RESET_TOKEN = Endpoint("POST", "/check-reset-token", Done, repeatable=True)
# A GET, but it changes something.
VERIFY_EMAIL = Endpoint("GET", "/verify-email", Done)
CONFIRM_EMAIL = Endpoint("POST", "/confirm-email", Done)
RECOGNIZE_BROWSER = Endpoint("POST", "/recognize-browser", Done)

ENABLE = Endpoint("POST", "/two-factor/enable", Enrolment)
DISABLE = Endpoint("POST", "/two-factor/disable", Done)
GET_TOTP_URI = Endpoint("POST", "/two-factor/get-totp-uri", TotpUri)
VERIFY_TOTP = Endpoint("POST", "/two-factor/verify-totp", SignedIn)
SEND_OTP = Endpoint("POST", "/two-factor/send-otp", Done)
VERIFY_OTP = Endpoint("POST", "/two-factor/verify-otp", SignedIn)
VERIFY_BACKUP_CODE = Endpoint("POST", "/two-factor/verify-backup-code", SignedInByBackupCode)
GENERATE_BACKUP_CODES = Endpoint("POST", "/two-factor/generate-backup-codes", BackupCodes)
STATUS = Endpoint("GET", "/two-factor/status", TwoFactorStatus, repeatable=True)
TRUSTED_DEVICES = Endpoint("GET", "/two-factor/trusted-devices", tuple[TrustedDevice, ...], repeatable=True)
REVOKE_TRUSTED_DEVICE = Endpoint("POST", "/two-factor/revoke-trusted-device", Done)
REVOKE_TRUSTED_DEVICES = Endpoint("POST", "/two-factor/revoke-trusted-devices", Done)
