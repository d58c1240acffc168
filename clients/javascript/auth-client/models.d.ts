/** What answers are made of. */

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
  /** How many authenticator apps are not suspended. */
  authenticatorApps: number;
  /** If false, its owner signs in with passkeys. */
  hasPassword: boolean;
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

/** A passkey of the account. None of it is secret. */
export interface Passkey {
  id: string;
  name: string;
  userId: string;
  /** What browsers know it by, in base64url. */
  credentialID: string;
  /** A COSE_Key (RFC 9052), in base64. */
  publicKey: string;
  /** Its last signature count; 0 if it does not count. */
  counter: number;
  /** Whether it may be synchronized between devices (`multiDevice`). */
  deviceType: "singleDevice" | "multiDevice";
  /** Whether it is stored on more than one device. */
  backedUp: boolean;
  /** How browsers reach it, separated by commas. */
  transports: string;
  /** The kind of authenticator, as it says itself; not verified. */
  aaguid: string;
  createdAt: Timestamp;
  lastUsedAt: Timestamp | null;
}
