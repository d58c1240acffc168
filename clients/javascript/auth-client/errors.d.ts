/** The codes of the server; its reference says when it sends which. A test holds them equal to the server's. */
export type ServerErrorCode =
  | "INVALID_EMAIL_OR_PASSWORD" | "INVALID_PASSWORD" | "PASSWORD_TOO_SHORT" | "PASSWORD_TOO_LONG" | "PASSWORD_TOO_COMMON" | "PASSWORD_COMPROMISED" | "PASSWORD_ALREADY_SET"
  | "CREDENTIAL_ACCOUNT_NOT_FOUND"
  | "PASSWORD_CONTAINS_EMAIL" | "INVALID_EMAIL" | "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL" | "EMAIL_PASSWORD_SIGN_UP_DISABLED" | "INVITE_REQUIRED"
  | "INVALID_INVITE" | "EMAIL_NOT_VERIFIED" | "UNAUTHORIZED" | "INVALID_ORIGIN" | "MISSING_OR_NULL_ORIGIN" | "INVALID_REDIRECT_URL"
  | "INVALID_CALLBACK_URL" | "SESSION_EXPIRED" | "EMAIL_ALREADY_VERIFIED" | "EMAIL_MISMATCH" | "EMAIL_CAN_NOT_BE_UPDATED" | "SIGN_IN_AGAIN"
  | "USER_NOT_FOUND" | "SESSION_NOT_FOUND" | "TRUSTED_DEVICE_NOT_FOUND" | "STEP_UP_REQUIRED" | "ENROLMENT_REQUIRED" | "INVALID_TOKEN" | "RECOVERY_NOT_OFFERED"
  | "RECOVERY_ALREADY_OPEN" | "RECOVERY_TOO_SOON" | "RECOVERY_NEEDS_OPERATOR" | "RECOVERY_NOT_DUE" | "RECOVERY_ENDED"
  | "AUTHENTICATOR_NOT_FOUND" | "LAST_AUTHENTICATOR" | "TOO_MANY_AUTHENTICATORS" | "METHOD_NOT_AVAILABLE"
  | "TOO_MANY_REQUESTS" | "INVALID_TWO_FACTOR_COOKIE" | "INVALID_CODE" | "INVALID_BACKUP_CODE" | "OTP_HAS_EXPIRED" | "OTP_NOT_CONFIGURED"
  | "TOTP_NOT_ENABLED" | "TWO_FACTOR_NOT_ENABLED" | "BACKUP_CODES_NOT_ENABLED" | "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE" | "ACCOUNT_TEMPORARILY_LOCKED"
  | "CHALLENGE_NOT_FOUND" | "AUTHENTICATION_FAILED" | "FAILED_TO_VERIFY_REGISTRATION" | "PREVIOUSLY_REGISTERED" | "PASSKEY_NOT_FOUND" | "TOO_MANY_PASSKEYS" | "AUTHENTICATOR_NOT_ALLOWED" | "USER_VERIFICATION_REQUIRED" | "CONFLICT" | "VALIDATION_ERROR" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "PAYLOAD_TOO_LARGE" | "HEADERS_TOO_LARGE"
  | "REQUEST_TIMEOUT" | "UNSUPPORTED_MEDIA_TYPE" | "SERVICE_UNAVAILABLE" | "INTERNAL_SERVER_ERROR";

/**
 * The codes of this client: for a proxy's own response, where there is no response that can be read, and where the browser
 * returns no passkey. Browsers do not say whether their user cancelled: `PASSKEY_CANCELLED` is also that it took too long,
 * or that there is none on this device. For a device that has one already the code is `PREVIOUSLY_REGISTERED`.
 */
export type ClientErrorCode =
  | "NETWORK_ERROR" | "TIMEOUT" | "ABORTED" | "UNEXPECTED_ANSWER" | "TOKEN_STORE_FAILED" | "BAD_GATEWAY" | "GATEWAY_TIMEOUT"
  | "PASSKEY_CANCELLED" | "PASSKEY_NOT_SUPPORTED" | "PASSKEY_FAILED";

/** Every code of an `AuthError`. A newer server may send others, so give a `switch` a `default`. */
export type ErrorCode = ServerErrorCode | ClientErrorCode;

/** Why there is no data: a refusal of the server, or no response that can be read. It holds nothing secret. */
export class AuthError extends Error {
  constructor(status: number, code: ErrorCode, message: string, retryAfter?: number | null, options?: { cause?: unknown });
  /** The HTTP status; 0 when no answer came. */
  status: number;
  /** The stable name of the reason. With `TOKEN_STORE_FAILED`, `cause` is what your storage threw; with those of passkeys, what the browser did. */
  code: ErrorCode;
  /** Seconds to wait before another attempt has a chance, where that is known. */
  retryAfter: number | null;
}
