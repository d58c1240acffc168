"""The endpoints that the SDK calls: path, result type, and whether a request can be retried."""

from contextlib import suppress
from types import UnionType
from typing import Any, Generic, Literal, TypeVar

import httpx
import msgspec

from athena_auth_client.errors import unexpected_response
from athena_auth_client.models import (
    AddedAuthenticator,
    Authenticator,
    BackupCodes,
    CurrentSession,
    OtpEnrolment,
    PasskeyEnrolment,
    PasswordResetResult,
    PasswordSignInResult,
    RecoveryCompleted,
    RecoveryOpened,
    Session,
    SignedIn,
    SignedInByBackupCode,
    SignedToken,
    SignedUp,
    Success,
    TotpEnrolment,
    TotpUri,
    TrustedDevice,
    TwoFactorStatus,
    VerifiedAddress,
)
from athena_auth_client.passkey_models import Passkey, PasskeyPrompt, RenamedPasskey

T = TypeVar("T")


class Endpoint(Generic[T]):
    """An endpoint of the server.

    It is `retryable` if a second request has no more effect than the first.
    """

    __slots__ = ("_decoder", "method", "path", "result", "retryable")

    def __init__(
        self,
        method: Literal["GET", "POST"],
        path: str,
        result: type[T] | UnionType,
        *,
        retryable: bool = False,
    ) -> None:
        self.method = method
        self.path = path
        self.result = result
        self.retryable = retryable
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(result)

    def decode(self, response: httpx.Response) -> T:
        """Return the result in a response.

        Raises:
            AthenaError: UNEXPECTED_ANSWER, the body is not a result of this endpoint.
        """
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            return self._decoder.decode(response.content)
        # Raised outside the with block, so that the decoder's exception, which may hold the body, is not chained.
        raise unexpected_response(response)


SIGN_UP = Endpoint("POST", "/sign-up/email", SignedUp)
SIGN_IN = Endpoint("POST", "/sign-in/email", PasswordSignInResult)
SIGN_OUT = Endpoint("POST", "/sign-out", Success)

GET_SESSION: Endpoint[CurrentSession | None] = Endpoint(
    "GET", "/get-session", CurrentSession | None, retryable=True
)
TOKEN = Endpoint("GET", "/token", SignedToken, retryable=True)
LIST_SESSIONS = Endpoint("GET", "/list-sessions", tuple[Session, ...], retryable=True)
REVOKE_SESSION = Endpoint("POST", "/revoke-session", Success)
REVOKE_SESSIONS = Endpoint("POST", "/revoke-sessions", Success)
REVOKE_OTHER_SESSIONS = Endpoint("POST", "/revoke-other-sessions", Success)

UPDATE_USER = Endpoint("POST", "/update-user", Success)
DELETE_USER = Endpoint("POST", "/delete-user", Success)
CHANGE_PASSWORD = Endpoint("POST", "/change-password", SignedIn)
REMOVE_PASSWORD = Endpoint("POST", "/remove-password", SignedIn)
SET_PASSWORD = Endpoint("POST", "/set-password", SignedIn)
CHANGE_EMAIL = Endpoint("POST", "/change-email", Success)
# A GET, but with an effect.
VERIFY_EMAIL_CHANGE = Endpoint("GET", "/change-email/verify", VerifiedAddress)
UNDO_EMAIL_CHANGE = Endpoint("POST", "/change-email/undo", Success)

REQUEST_PASSWORD_RESET = Endpoint("POST", "/request-password-reset", Success)
RESET_PASSWORD = Endpoint("POST", "/reset-password", PasswordResetResult)
SEND_VERIFICATION_EMAIL = Endpoint("POST", "/send-verification-email", Success)
CHECK_RESET_TOKEN = Endpoint("POST", "/check-reset-token", Success, retryable=True)
# A GET, but with an effect.
VERIFY_EMAIL = Endpoint("GET", "/verify-email", VerifiedAddress)
CONFIRM_EMAIL = Endpoint("POST", "/confirm-email", VerifiedAddress)
RECOGNIZE_BROWSER = Endpoint("POST", "/recognize-browser", Success)

ENABLE_TOTP = Endpoint("POST", "/two-factor/enable", TotpEnrolment)
ENABLE_OTP = Endpoint("POST", "/two-factor/enable", OtpEnrolment)
ENABLE_PASSKEY = Endpoint("POST", "/two-factor/enable", PasskeyEnrolment)
DISABLE = Endpoint("POST", "/two-factor/disable", Success)
GET_TOTP_URI = Endpoint("POST", "/two-factor/get-totp-uri", TotpUri)
VERIFY_TOTP = Endpoint("POST", "/two-factor/verify-totp", SignedIn)
SEND_OTP = Endpoint("POST", "/two-factor/send-otp", Success)
VERIFY_OTP = Endpoint("POST", "/two-factor/verify-otp", SignedIn)
VERIFY_BACKUP_CODE = Endpoint("POST", "/two-factor/verify-backup-code", SignedInByBackupCode)
GENERATE_BACKUP_CODES = Endpoint("POST", "/two-factor/generate-backup-codes", BackupCodes)
STATUS = Endpoint("GET", "/two-factor/status", TwoFactorStatus, retryable=True)
LIST_AUTHENTICATORS = Endpoint(
    "GET", "/two-factor/list-authenticators", tuple[Authenticator, ...], retryable=True
)
ADD_AUTHENTICATOR = Endpoint("POST", "/two-factor/add-authenticator", AddedAuthenticator)
RENAME_AUTHENTICATOR = Endpoint("POST", "/two-factor/rename-authenticator", Success)
REMOVE_AUTHENTICATOR = Endpoint("POST", "/two-factor/remove-authenticator", Success)
SUSPEND_AUTHENTICATOR = Endpoint("POST", "/two-factor/suspend-authenticator", Success)
RESUME_AUTHENTICATOR = Endpoint("POST", "/two-factor/resume-authenticator", Success)
SET_PREFERRED_METHOD = Endpoint("POST", "/two-factor/set-preferred-method", Success)
TRUSTED_DEVICES = Endpoint("GET", "/two-factor/trusted-devices", tuple[TrustedDevice, ...], retryable=True)
REVOKE_TRUSTED_DEVICE = Endpoint("POST", "/two-factor/revoke-trusted-device", Success)
REVOKE_TRUSTED_DEVICES = Endpoint("POST", "/two-factor/revoke-trusted-devices", Success)
BEGIN_RECOVERY = Endpoint("POST", "/two-factor/recovery/begin", Success)
OPEN_RECOVERY = Endpoint("POST", "/two-factor/recovery/open", RecoveryOpened)
CANCEL_RECOVERY = Endpoint("POST", "/two-factor/recovery/cancel", Success)
COMPLETE_RECOVERY = Endpoint("POST", "/two-factor/recovery/complete", RecoveryCompleted)

PROMPT_PASSKEY = Endpoint("POST", "/two-factor/prompt-passkey", PasskeyPrompt)
VERIFY_PASSKEY = Endpoint("POST", "/two-factor/verify-passkey", SignedIn)
REGISTER_OPTIONS: Endpoint[dict[str, Any]] = Endpoint(
    "POST", "/passkey/generate-register-options", dict[str, Any]
)
VERIFY_REGISTRATION = Endpoint("POST", "/passkey/verify-registration", Passkey)
LIST_PASSKEYS = Endpoint("GET", "/passkey/list-user-passkeys", tuple[Passkey, ...], retryable=True)
UPDATE_PASSKEY = Endpoint("POST", "/passkey/update-passkey", RenamedPasskey)
DELETE_PASSKEY = Endpoint("POST", "/passkey/delete-passkey", Success)
