/** What a second step may be taken with. */
export type TwoFactorMethod = "totp" | "otp" | "backup-code" | "passkey";

/** `true` and `false`, or as the public reference types them, strings of the same spelling. */
export type Flag = boolean | "true" | "false";

/** An instant: RFC 3339 in UTC, as `new Date(…)` reads it. */
export type Timestamp = string;

export interface User {
  id: string;
  email: string;
  emailVerified: boolean;
  name: string;
  image: string | null;
  twoFactorEnabled: boolean;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  /** The language of the user's mails (BCP 47), if the server knows it. */
  language?: string;
}

export interface Session {
  id: string;
  /** The bearer token where the caller showed it; else the session's id, which `revokeSession` takes as well. */
  token: string;
  userId: string;
  ipAddress: string;
  userAgent: string;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  expiresAt: Timestamp;
  /** How many factors stand behind it. */
  level: number;
  /** How its owner authenticated, by the names of RFC 8176 where it has one: `["pwd", "otp"]`. */
  amr: string[];
  /** When a factor was last verified in the session. */
  provenAt: Timestamp;
  /** When a second factor was last verified in it; null where none was, as after a sign-in from a trusted device. */
  secondFactorVerifiedAt: Timestamp | null;
}

export interface TrustedDevice {
  id: string;
  /** What the device called itself; for the eye only. */
  name: string;
  ipAddress: string;
  createdAt: Timestamp;
  lastUsedAt: Timestamp;
  expiresAt: Timestamp;
  /** Whether it is the browser that asks. */
  current: boolean;
}

/** What an account has enrolled for a factor, such as an authenticator app. */
export interface Authenticator {
  id: string;
  factor: string;
  /** The owner's name for it; null if it has none. */
  label: string | null;
  createdAt: Timestamp;
  lastUsedAt: Timestamp | null;
  /** A suspended one verifies nothing until it is resumed. */
  suspended: boolean;
}

export interface TwoFactorStatus {
  enabled: boolean;
  /** What a sign-in would offer now. */
  methods: TwoFactorMethod[];
  /** What to offer first: the user's choice while it is available, else the first; null while nothing is on. */
  preferredMethod: TwoFactorMethod | null;
  backupCodesLeft: number;
  trustedDevices: number;
  /** What was begun by `enable` and waits for its code. */
  pendingEnrolment: "totp" | "otp" | "passkey" | null;
  /** Where sent codes go by text message, masked; null when they go by mail. */
  phoneNumber: string | null;
  secondFactorDueAt?: string; // by when a second factor is required, where one is and none is on
  recoveryDueAt?: Timestamp; // when a recovery that waits can be completed, which removes every second factor
  /** How many authenticator apps are not suspended. */
  authenticatorApps: number;
}

/** Where to go on: the `callbackURL` of the sign-in. */
export interface LedTo {
  redirect?: boolean;
  url?: string;
}

/** Signed in. */
export interface TokenAndUser extends LedTo {
  token: string;
  user: User;
  secondFactorDueAt?: string; // by when a second factor is required, where one is
}

/** A second factor must be enrolled first: `enable`, and the call that confirms it, complete the sign-in. The client sends the token by itself. */
export type EnrolmentRequired = { enrolmentRequired: true; enrolmentToken: string; methods: TwoFactorMethod[] };

/** The first factor was right, and the second is due: nobody is signed in yet. */
export interface TwoFactorRedirect {
  twoFactorRedirect: true;
  twoFactorMethods: TwoFactorMethod[];
  preferredMethod: TwoFactorMethod | null;
  /** Valid only for verifying the second factor. The client sends it by itself. */
  token: string;
}

export type Done = { status: true };

/** The codes of the server; its reference says when it sends which. A test holds them equal to the server's. */
export type ServerErrorCode =
  | "INVALID_EMAIL_OR_PASSWORD" | "INVALID_PASSWORD" | "PASSWORD_TOO_SHORT" | "PASSWORD_TOO_LONG" | "PASSWORD_TOO_COMMON" | "PASSWORD_COMPROMISED"
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

/** The codes of this client: for a proxy's own response, and where there is no response that can be read. */
export type ClientErrorCode =
  | "NETWORK_ERROR" | "TIMEOUT" | "ABORTED" | "UNEXPECTED_ANSWER" | "TOKEN_STORE_FAILED" | "BAD_GATEWAY" | "GATEWAY_TIMEOUT";

/** Every code of an `AuthError`. A newer server may send others, so give a `switch` a `default`. */
export type ErrorCode = ServerErrorCode | ClientErrorCode;

/** Why there is no data: a refusal of the server, or no response that can be read. It holds nothing secret. */
export class AuthError extends Error {
  constructor(status: number, code: ErrorCode, message: string, retryAfter?: number | null, options?: { cause?: unknown });
  /** The HTTP status; 0 when no answer came. */
  status: number;
  /** The stable name of the reason. With `TOKEN_STORE_FAILED`, `cause` is what your storage threw. */
  code: ErrorCode;
  /** Seconds to wait before another try has a chance, where that is known. */
  retryAfter: number | null;
}

/** Either `data` or `error`; `error === null` tells which. */
export type Result<T> = { data: T; error: null } | { data: null; error: AuthError };

export interface CallOptions {
  /** Reject with the `AuthError` instead of resolving to it. */
  throw?: boolean;
  /** Gives the request up: `AbortSignal.timeout(5000)`, for one. */
  signal?: AbortSignal;
}

/** A call with a body. Asked to throw, it resolves to data or not at all. */
export interface Call<Body, T> {
  (body: Body, options: CallOptions & { throw: true }): Promise<{ data: T; error: null }>;
  (body: Body, options?: CallOptions): Promise<Result<T>>;
}

/** A call without a body. */
export interface BareCall<T> {
  (options: CallOptions & { throw: true }): Promise<{ data: T; error: null }>;
  (options?: CallOptions): Promise<Result<T>>;
}

/** What a second step is taken with. */
export interface Code {
  /** As typed; spaces and dashes do not matter. */
  code: string;
  /** Skip the second step at this device's next sign-ins. It is remembered by a cookie, so in browsers only. */
  trustDevice?: Flag;
}

export interface TwoFactor {
  /** Begin to turn a factor on; it takes effect when `verifyTotp` or, for sent codes, `verifyOtp` confirms it. */
  enable: Call<
    {
      password: string;
      /** A code of a second factor, where none was verified in this session within ten minutes. */
      code?: string;
      issuer?: string;
      method?: "totp" | "otp" | "passkey";
      qrCode?: Flag;
      /** The user's name for the authenticator. */
      label?: string;
      /** With `otp`: where to send codes by text message, as `+4915112345678`. */
      phoneNumber?: string;
    },
    /** With `qrCode: true`, `qrCode` is the `src` of an `<img>`. The method `otp` has no URI. Backup codes are shown once. */
    {
      totpURI?: string; /** Of the method `passkey`, for `navigator.credentials.create()`. */ options?: Record<string, any>;
      qrCode?: string;
      backupCodes: string[];
      method: "totp" | "otp" | "passkey";
      /** Whether a code must confirm it: until then two-factor authentication is as it was. */
      confirmationPending: boolean;
    }
  >;
  /** Turn the second factor off. All other sessions end, and every device that was trusted. */
  disable: Call<{ password: string; code?: string }, Done>;
  /** Return the URI for the authenticator app again and, with `qrCode: true`, its QR code. */
  getTotpUri: Call<{ password: string; code?: string; qrCode?: Flag }, { totpURI: string; qrCode?: string }>;
  /** Verify a code of the authenticator app: complete the sign-in or, in a session, confirm an enrolment or step up. */
  verifyTotp: Call<Code, Done & TokenAndUser>;
  /** Send a code by mail, or by text message where a phone number is confirmed. */
  sendOtp: BareCall<Done>;
  /** Verify a sent code: complete the sign-in or, in a session, confirm an enrolment or step up. */
  verifyOtp: Call<Code, TokenAndUser>;
  /** Take the second step with a backup code; each works once. */
  verifyBackupCode: Call<
    Code & {
      /** Only return the session's token: set no cookie, and do not keep it here. */
      disableSession?: Flag;
    },
    TokenAndUser & {
      session: { token: string; userId: string; createdAt: Timestamp; expiresAt: Timestamp };
      backupCodesLeft: number;
      /** What to do now, when it was the last one. */
      message?: string;
    }
  >;
  /** Replace the backup codes by new ones, shown this once. */
  generateBackupCodes: Call<{ password: string; code?: string }, Done & { backupCodes: string[] }>;
  /** Say what is on. */
  status: BareCall<TwoFactorStatus>;
  /** List the authenticators, the oldest first, suspended ones included. */
  listAuthenticators: BareCall<Authenticator[]>;
  /** Begin to add an authenticator app to those in use; `verifyTotp` confirms it. Backup codes stay as they are. */
  addAuthenticator: Call<
    { password: string; code?: string; label?: string; issuer?: string; qrCode?: Flag },
    { id: string; totpURI: string; qrCode?: string }
  >;
  renameAuthenticator: Call<{ id: string; label: string }, Done>;
  /** Remove one of several. All other sessions end, and every device that was trusted. */
  removeAuthenticator: Call<{ id: string; code?: string }, Done>;
  /** Suspend one of several until it is resumed. All other sessions end, and every device that was trusted. */
  suspendAuthenticator: Call<{ id: string; code?: string }, Done>;
  resumeAuthenticator: Call<{ id: string; code?: string }, Done>;
  /** Choose what sign-ins offer first; null for the server's order. */
  setPreferredMethod: Call<{ method: TwoFactorMethod | null }, Done>;
  /** List the trusted devices, the last used first. */
  listTrustedDevices: BareCall<TrustedDevice[]>;
  /** Revoke the trust in one device. Its live sessions are not ended. */
  revokeTrustedDevice: Call<{ id: string }, Done>;
  /** Revoke the trust in all devices, including this one. */
  revokeTrustedDevices: BareCall<Done>;
  /** Mail the link that begins a recovery, in a sign-in whose owner has lost every second factor; `ATHENA_RECOVERY` turns it on. */
  beginRecovery: BareCall<Done>;
  /** Begin a recovery by the token of that link; `completeRecovery` can end it from `dueAt` on. */
  openRecovery: Call<{ token: string }, Done & { dueAt: Timestamp }>;
  /** Cancel a recovery by the token of a link from any of its mails. */
  cancelRecovery: Call<{ token: string }, Done>;
  /** Cancel the recovery of the signed-in user (`recoveryDueAt` of the status), with a second factor that was verified in this session. */
  cancelRecoveryInSession: BareCall<Done>;
  /** Remove every second factor, by the token of the link in the last mail of a recovery. The next sign-in can only enrol one. */
  completeRecovery: Call<{ token: string; password: string }, { enrolmentRequired: true; enrolmentToken: string; methods: string[] }>;
}

export interface Auth {
  signUp: {
    /** Create an account and sign in; `invite` is the token of an invitation. A null token: the address must be verified, or a second factor enrolled, first. */
    email: Call<
      { name: string; email: string; password: string; image?: string; invite?: string; rememberMe?: Flag; callbackURL?: string },
      LedTo & { token: string | null; user: User; secondFactorDueAt?: string } & Partial<EnrolmentRequired>
    >;
  };
  signIn: {
    /** Sign in with a password. Where a second factor is due, the data is a `TwoFactorRedirect` or `EnrolmentRequired`. */
    email: Call<
      {
        email: string;
        password: string;
        /** False lets the session end with the browser. */
        rememberMe?: Flag;
        /** Where to go on when the sign-in is complete; the answer that completes it says `redirect` and `url`. */
        callbackURL?: string;
      },
      | (TokenAndUser & { redirect: boolean; twoFactorRedirect?: undefined; enrolmentRequired?: undefined })
      | (TwoFactorRedirect & { enrolmentRequired?: undefined })
      | (EnrolmentRequired & { redirect: false; token: null; user?: undefined; twoFactorRedirect?: undefined })
    >;
  };
  /** End this session. Without one nothing happens. */
  signOut: BareCall<{ success: true }>;
  /** Say who is signed in; null when nobody is. */
  getSession: BareCall<{ session: Session; user: User } | null>;
  /** Get a short-lived JSON Web Token about this session, for a service that verifies it by the keys at `/jwks`. */
  token: BareCall<{ token: string }>;
  /** List the account's live sessions; `token` holds each one's id. */
  listSessions: BareCall<Session[]>;
  /** End one session, by its id or its token. */
  revokeSession: Call<{ token: string; code?: string }, Done>;
  /** End all sessions, this one too. */
  revokeSessions: BareCall<Done>;
  /** End all sessions but this one. */
  revokeOtherSessions: BareCall<Done>;
  /** Change the password. All other sessions end unless `revokeOtherSessions` is false. */
  changePassword: Call<{ currentPassword: string; newPassword: string; code?: string; revokeOtherSessions?: Flag }, TokenAndUser>;
  /** Send a link to a new address, which replaces the account's when it is opened. The answer does not disclose whether it has an account. */
  changeEmail: Call<{ newEmail: string; callbackURL?: string; password?: string; code?: string }, Done>;
  /**
   * Send a link that sets a new password, if there is such an account: nobody is told whether there is.
   * It leads to `redirectTo`, which finds the token as `?token=…`, or to the server's own page.
   */
  requestPasswordReset: Call<{ email: string; redirectTo?: string }, Done & { message: string }>;
  /** Set a new password by the token of a link. All sessions end; where a second factor is due it comes next. */
  resetPassword: Call<
    { newPassword: string; token: string },
    Done & ({ twoFactorRedirect: false } | TwoFactorRedirect)
  >;
  /** Send a link that verifies an address and then leads to `callbackURL`; nobody is told if there is an account. */
  sendVerificationEmail: Call<{ email: string; callbackURL?: string }, Done>;
  /** Change the name or the image; what is left out stays, and a null image is removed. */
  updateUser: Call<{ name?: string; image?: string | null; language?: string | null }, Done>;
  /** Delete the account and all its data. The password is required unless a factor was verified in the last ten minutes. */
  deleteUser: Call<{ password?: string; code?: string }, { success: true; message: string }>;
  twoFactor: TwoFactor;
}

export interface Client {
  auth: Auth;
}

/** Where a bearer's tokens are kept: `localStorage` is one, and so is any store that answers in promises. */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

export interface ClientOptions {
  /**
   * Where the API is. By default the server that served this file; for a copy of it in a browser `/api/auth` of the
   * page's own site; elsewhere ATHENA_AUTH_BASE_URL of the environment, else `http://localhost:3001/api/auth`.
   */
  baseURL?: string | URL;
  /** A session's token to begin with, as a bearer. */
  token?: string;
  /** Where to keep tokens, as a bearer; in memory by default. */
  storage?: TokenStorage;
  /** How to show who is calling: by default `cookie` in browsers and, where there is a token or a storage, `bearer`. */
  credentials?: "cookie" | "bearer";
  /** What to send requests with; the global `fetch` by default. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Told when the first factor was right and the second is due, before the call resolves. */
  onTwoFactorRedirect?: (due: { methods: TwoFactorMethod[] }) => unknown;
}

/** Make a client for one server and one user. On a server of your own, make one for each request: clients hold a session. */
export function createAuthClient(options?: ClientOptions): Client;

/** A ready client: of the server that served this file, or, outside browsers, by ATHENA_AUTH_BASE_URL and ATHENA_AUTH_TOKEN. */
export const client: Client;
