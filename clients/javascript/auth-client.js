/**
 * The client of Athena Auth: `client.auth.*` by the names of the public reference, over `fetch`.
 *
 * It has no dependencies and runs in browsers and in Node 20 or newer. Every call resolves to `{ data, error }`.
 * In browsers the session is a cookie that no script can read; elsewhere it is a bearer token kept in memory,
 * or in the storage you pass. The types, and what each call does, are in auth-client.d.ts.
 */
import { addPasskey, signInWithPasskey, verifyPasskey } from "./auth-client/ceremonies.js";
import { Connection } from "./auth-client/connection.js";

export { AuthError } from "./auth-client/errors.js";

const DEFAULT_BASE_URL = "http://localhost:3001/api/auth";

/**
 * @typedef {import("./auth-client/connection.js").Body} Body
 * @typedef {import("./auth-client/connection.js").CallOptions} CallOptions
 * @typedef {import("./auth-client/connection.js").Traits} Traits
 * @typedef {import("./auth-client/ceremonies.js").Ceremony} Ceremony
 */

/**
 * Make a client for one server and one user.
 *
 * @param {import("./auth-client.js").ClientOptions} [options]
 * @returns {import("./auth-client.js").Client}
 */
export function createAuthClient(options = {}) {
  const connection = new Connection(options.baseURL ?? defaultBaseURL(), options);
  /** @type {(path: string, traits?: Traits) => (how: CallOptions) => Promise<any>} */
  const get = (path, traits) => (how) => connection.call("GET", path, undefined, traits, how);
  /** @type {(path: string, traits?: Traits) => (how: CallOptions) => Promise<any>} */
  const act = (path, traits) => (how) => connection.call("POST", path, {}, traits, how);
  /** @type {(path: string, traits?: Traits) => (body: Body, how: CallOptions) => Promise<any>} */
  const post = (path, traits) => (body, how) => connection.call("POST", path, body, traits, how);
  /** @type {(ceremony: Ceremony) => (wanted: any, how: CallOptions) => Promise<any>} */
  const use = (ceremony) => (wanted, how) => connection.settle((signal) => ceremony(connection, wanted ?? {}, signal), how);

  return {
    auth: {
      signUp: { email: post("/sign-up/email") },
      signIn: { email: post("/sign-in/email"), passkey: use(signInWithPasskey) },
      signOut: act("/sign-out", { endsSession: true }),
      getSession: get("/get-session"),
      token: get("/token"),
      listSessions: get("/list-sessions"),
      revokeSession: post("/revoke-session"),
      revokeSessions: act("/revoke-sessions", { endsSession: true }),
      revokeOtherSessions: act("/revoke-other-sessions"),
      changePassword: post("/change-password"),
      removePassword: act("/remove-password"),
      setPassword: post("/set-password"),
      changeEmail: post("/change-email"),
      requestPasswordReset: post("/request-password-reset"),
      resetPassword: post("/reset-password", { endsSession: true }),
      sendVerificationEmail: post("/send-verification-email"),
      updateUser: post("/update-user"),
      deleteUser: post("/delete-user", { endsSession: true }),
      passkey: {
        addPasskey: use(addPasskey),
        listUserPasskeys: get("/passkey/list-user-passkeys"),
        updatePasskey: post("/passkey/update-passkey"),
        deletePasskey: post("/passkey/delete-passkey"),
      },
      twoFactor: {
        enable: post("/two-factor/enable", { isSecondStep: true }),
        disable: post("/two-factor/disable"),
        getTotpUri: post("/two-factor/get-totp-uri"),
        verifyTotp: post("/two-factor/verify-totp", { isSecondStep: true }),
        sendOtp: act("/two-factor/send-otp", { isSecondStep: true }),
        verifyOtp: post("/two-factor/verify-otp", { isSecondStep: true }),
        verifyBackupCode: post("/two-factor/verify-backup-code", { isSecondStep: true }),
        verifyPasskey: use(verifyPasskey),
        generateBackupCodes: post("/two-factor/generate-backup-codes"),
        status: get("/two-factor/status", { isSecondStep: true }),
        listAuthenticators: get("/two-factor/list-authenticators"),
        addAuthenticator: post("/two-factor/add-authenticator"),
        renameAuthenticator: post("/two-factor/rename-authenticator"),
        removeAuthenticator: post("/two-factor/remove-authenticator"),
        suspendAuthenticator: post("/two-factor/suspend-authenticator"),
        resumeAuthenticator: post("/two-factor/resume-authenticator"),
        setPreferredMethod: post("/two-factor/set-preferred-method"),
        listTrustedDevices: get("/two-factor/trusted-devices"),
        revokeTrustedDevice: post("/two-factor/revoke-trusted-device"),
        revokeTrustedDevices: act("/two-factor/revoke-trusted-devices"),
        beginRecovery: act("/two-factor/recovery/begin", { isSecondStep: true }),
        openRecovery: post("/two-factor/recovery/open"),
        cancelRecovery: post("/two-factor/recovery/cancel"),
        cancelRecoveryInSession: act("/two-factor/recovery/cancel-in-session"),
        completeRecovery: post("/two-factor/recovery/complete"),
      },
    },
  };
}

/** @returns {string} */
function defaultBaseURL() {
  const { location, process } = /** @type {any} */ (globalThis);
  if (location === undefined) return process?.env?.ATHENA_AUTH_BASE_URL ?? DEFAULT_BASE_URL;
  // Where the server served this very file, it is the server to talk to.
  return /^https?:.*\/client\.js$/.test(import.meta.url) ? new URL(".", import.meta.url).href : "/api/auth";
}

/** @returns {string | undefined} */
function defaultToken() {
  const { location, process } = /** @type {any} */ (globalThis);
  return location === undefined ? process?.env?.ATHENA_AUTH_TOKEN : undefined;
}

/**
 * A client that is ready: of the server that served this file, or, outside browsers, of what the environment names
 * in ATHENA_AUTH_BASE_URL and ATHENA_AUTH_TOKEN.
 */
export const client = createAuthClient({ token: defaultToken() });
