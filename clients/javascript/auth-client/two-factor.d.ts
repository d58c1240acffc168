import type { BareCall, Call, OptionalCall } from "./calls.js";
import type { Authenticator, Done, EnrolmentRequired, Flag, Timestamp, TokenAndUser, TrustedDevice, TwoFactorMethod, TwoFactorStatus } from "./models.js";

/** What a second step is taken with. */
export interface Code {
  /** As typed; spaces and dashes do not matter. */
  code: string;
  /** Skip the second step at this device's next sign-ins. It is remembered by a cookie, so in browsers only. */
  trustDevice?: Flag;
}

export interface TwoFactor {
  /** Begin to turn a factor on; it takes effect when `verifyTotp`, `verifyOtp` (sent codes) or `verifyPasskey` confirms it. */
  enable: Call<
    {
      /** Left out where the account has none: a passkey that has just verified its user takes its place. */
      password?: string;
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
      totpURI?: string;
      /** With the method `passkey`: pass them to `verifyPasskey`. There are none if passkeys of the account took effect at once. */
      options?: Record<string, any>;
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
  getTotpUri: Call<{ password?: string; code?: string; qrCode?: Flag }, { totpURI: string; qrCode?: string }>;
  /** Verify a code of the authenticator app: complete the sign-in or, in a session, confirm an enrolment or step up. */
  verifyTotp: Call<Code, Done & TokenAndUser>;
  /** Send a code by mail, or by text message where a phone number is confirmed. */
  sendOtp: BareCall<Done>;
  /** Verify a sent code: complete the sign-in or, in a session, confirm an enrolment or step up. */
  verifyOtp: Call<Code, TokenAndUser>;
  /** Use a passkey: complete the sign-in or, in a session, step up. With the `options` of `enable`, make one to confirm the enrolment. */
  verifyPasskey: OptionalCall<{ options?: Record<string, any>; trustDevice?: Flag }, TokenAndUser>;
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
  generateBackupCodes: Call<{ password?: string; code?: string }, Done & { backupCodes: string[] }>;
  /** Say what is on. */
  status: BareCall<TwoFactorStatus>;
  /** List the authenticators, the oldest first, suspended ones included. */
  listAuthenticators: BareCall<Authenticator[]>;
  /** Begin to add an authenticator app to those in use; `verifyTotp` confirms it. Backup codes stay as they are. */
  addAuthenticator: Call<
    { password?: string; code?: string; label?: string; issuer?: string; qrCode?: Flag },
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
  /** Remove every second factor, by the token of the link in the last mail of a recovery. The next sign-in can only enrol one. */
  completeRecovery: Call<{ token: string; password: string }, EnrolmentRequired & { redirect: false; token: null }>;
}
