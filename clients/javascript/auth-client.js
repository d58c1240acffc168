/**
 * The client of Athena Auth: `client.auth.*` by the names of the public reference, over `fetch`.
 *
 * It has no dependencies and runs in browsers and in Node 20 or newer. Every call resolves to `{ data, error }`.
 * In browsers the session is a cookie that no script can read; elsewhere it is a bearer token kept in memory,
 * or in the storage you pass. The types, and what each call does, are in auth-client.d.ts.
 */

const DEFAULT_BASE_URL = "http://localhost:3001/api/auth";
const STORAGE_KEY = "athena-auth";

/** A sign-in under way has ended with these: its token opens nothing any more. */
const CHALLENGE_IS_OVER = ["INVALID_TWO_FACTOR_COOKIE", "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"];
/** What proxies refuse with in words of their own, often as a page, by status. */
const OF_PROXIES = /** @type {Record<number, string>} */ ({
  429: "TOO_MANY_REQUESTS", 502: "BAD_GATEWAY", 503: "SERVICE_UNAVAILABLE", 504: "GATEWAY_TIMEOUT",
});
/** The three forms of RFC 9110 section 5.6.7; the last one is in UTC too. */
const HTTP_DATE = /^([A-Z][a-z]+, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} [\d:]{8} GMT|([A-Z][a-z]{2} ){2}[ \d]\d [\d:]{8} \d{4})$/;

/** Why there is no data: a refusal of the server, or no answer that could be read. It holds nothing secret. */
export class AuthError extends Error {
  /**
   * @param {number} status The HTTP status; 0 when no answer came.
   * @param {string} code The stable name of the reason.
   * @param {string} message A sentence for a person.
   * @param {number | null} retryAfter Seconds to wait before another try has a chance, where that is known.
   * @param {{ cause?: unknown }} [options] What your own storage threw.
   */
  constructor(status, code, message, retryAfter = null, options) {
    super(message, options);
    this.name = "AuthError";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/**
 * Make a client for one server and one person.
 *
 * @param {import("./auth-client.js").ClientOptions} [options]
 * @returns {import("./auth-client.js").Client}
 */
export function createAuthClient(options = {}) {
  const connection = new Connection(options);
  /** @type {(path: string, traits?: Traits) => (how: CallOptions) => Promise<any>} */
  const get = (path, traits = {}) => (how) => connection.call("GET", path, undefined, traits, how);
  /** @type {(path: string, traits?: Traits) => (how: CallOptions) => Promise<any>} */
  const act = (path, traits) => (how) => connection.call("POST", path, {}, traits, how);
  /** @type {(path: string, traits?: Traits) => (body: Body, how: CallOptions) => Promise<any>} */
  const post = (path, traits) => (body, how) => connection.call("POST", path, body, traits, how);

  return {
    auth: {
      signUp: { email: post("/sign-up/email") },
      signIn: { email: post("/sign-in/email") },
      signOut: act("/sign-out", { endsSession: true }),
      getSession: get("/get-session"), token: get("/token"),
      listSessions: get("/list-sessions"),
      revokeSession: post("/revoke-session"),
      revokeSessions: act("/revoke-sessions", { endsSession: true }),
      revokeOtherSessions: act("/revoke-other-sessions"),
      changePassword: post("/change-password"),
      changeEmail: post("/change-email"),
      requestPasswordReset: post("/request-password-reset"),
      resetPassword: post("/reset-password", { endsSession: true }),
      sendVerificationEmail: post("/send-verification-email"),
      updateUser: post("/update-user"),
      deleteUser: post("/delete-user", { endsSession: true }),
      twoFactor: {
        enable: post("/two-factor/enable", { isSecondStep: true }),
        disable: post("/two-factor/disable"),
        getTotpUri: post("/two-factor/get-totp-uri"),
        verifyTotp: post("/two-factor/verify-totp", { isSecondStep: true }),
        sendOtp: act("/two-factor/send-otp", { isSecondStep: true }),
        verifyOtp: post("/two-factor/verify-otp", { isSecondStep: true }),
        verifyBackupCode: post("/two-factor/verify-backup-code", { isSecondStep: true }),
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
        completeRecovery: post("/two-factor/recovery/complete", { endsSession: true }),
      },
    },
  };
}

/**
 * @typedef {Record<string, any> | undefined} Body
 * @typedef {import("./auth-client.js").CallOptions | undefined} CallOptions
 * @typedef {{ session?: string, challenge?: string }} Held
 *
 * @typedef {object} Traits What a call has to do with tokens, beside showing the session's.
 * @property {boolean} [isSecondStep] It speaks for the sign-in under way, if there is one.
 * @property {boolean} [endsSession] When it succeeds, nobody is signed in here any more.
 */

/** A server, and who is calling. */
class Connection {
  /** @param {import("./auth-client.js").ClientOptions} options */
  constructor({ baseURL = defaultBaseURL(), token, storage, credentials, fetch, onTwoFactorRedirect }) {
    this.baseURL = new URL(baseURL, globalThis.location?.href).href.replace(/\/+$/, "");
    // Cookies where there is a browser to keep them out of the reach of scripts, unless a token is asked for.
    const byCookie = globalThis.location !== undefined && token === undefined && storage === undefined;
    this.isBearer = (credentials ?? (byCookie ? "cookie" : "bearer")) === "bearer";
    this.tokens = new Tokens(storage ?? inMemory(), token);
    this.onTwoFactorRedirect = onTwoFactorRedirect;
    // Looked up at each call: what replaces the global one later (a polyfill, a tracer) is used too.
    this.fetch = fetch ?? ((...request) => globalThis.fetch(...request));
  }

  /**
   * Send a request; return its data, or why there is none.
   *
   * @type {(method: "GET" | "POST", path: string, body: Body, traits?: Traits, options?: CallOptions) => Promise<any>}
   */
  async call(method, path, body, traits = {}, options = {}) {
    const { data, error } = await this.attempt(method, path, body, traits, options.signal).catch(failed);
    if (error && options.throw) throw error;
    if (data?.twoFactorRedirect) await this.onTwoFactorRedirect?.({ methods: data.twoFactorMethods });
    return { data, error };
  }

  /** @type {(method: string, path: string, body: Body, traits: Traits, signal?: AbortSignal) => Promise<Answer>} */
  async attempt(method, path, body, traits, signal) {
    const held = this.isBearer ? await this.tokens.load() : {};
    const token = (traits.isSecondStep && held.challenge) || held.session;
    const answer = await this.exchange(method, path, body, token, signal);
    if (this.isBearer) await this.learn(answer, traits, held, body);
    return answer;
  }

  /** @type {(method: string, path: string, body: Body, token?: string, signal?: AbortSignal) => Promise<Answer>} */
  async exchange(method, path, body, token, signal) {
    /** @type {Record<string, string>} */
    const headers = { accept: "application/json" };
    if (token) headers.authorization = `Bearer ${token}`;
    if (body) headers["content-type"] = "application/json";
    const init = {
      method,
      headers,
      signal,
      body: body && JSON.stringify(body),
      // A bearer must not be taken for whoever the browser's cookies belong to.
      credentials: /** @type {RequestCredentials} */ (this.isBearer ? "omit" : "include"),
      cache: /** @type {RequestCache} */ ("no-store"),
      // A password is for the server that was named, not for one that this one points to.
      redirect: /** @type {RequestRedirect} */ ("manual"),
    };
    try {
      const response = await this.fetch(this.baseURL + path, init);
      return read(response, await response.text());
    } catch (failure) {
      return { data: null, error: unanswered(failure), minted: null };
    }
  }

  /**
   * Keep the token an answer brings, and forget those it ends; `held` was held when the request was sent.
   *
   * @type {(answer: Answer, traits: Traits, held: Held, body: Body) => Promise<void>}
   */
  async learn({ data, error, minted }, traits, held, body) {
    if (error) {
      if (traits.isSecondStep && CHALLENGE_IS_OVER.includes(error.code)) await this.tokens.forget(held.challenge);
    } else if (data?.twoFactorRedirect || data?.enrolmentRequired) {
      // A session of before would let the app take its owner for the one who is signing in.
      await this.tokens.save({ challenge: data.enrolmentToken ?? data.token });
    } else if (traits.endsSession) {
      await this.tokens.save({});
    } else if (minted) {
      await this.tokens.save({ session: String(body?.disableSession) === "true" ? held.session : minted });
    }
  }
}

/** Keeps what a bearer has to show. It is read anew for each request: what another tab saves is seen. */
class Tokens {
  /** @param {import("./auth-client.js").TokenStorage} storage @param {string} [token] */
  constructor(storage, token) {
    this.storage = storage;
    this.first = token;
  }

  /** @returns {Promise<Held>} */
  async load() {
    if (this.first !== undefined) await this.save({ session: this.first });
    const text = await this.ask("getItem");
    try {
      return Object(JSON.parse(text ?? "{}"));
    } catch {
      return {}; // Something else was put there; whoever did has signed this client out.
    }
  }

  /** @param {Held} held */
  async save(held) {
    if (held.session || held.challenge) await this.ask("setItem", JSON.stringify(held));
    else await this.ask("removeItem");
    this.first = undefined;
  }

  /** @type {(operation: "getItem" | "setItem" | "removeItem", text?: string) => Promise<any>} */
  async ask(operation, text = "") {
    try {
      return await this.storage[operation](STORAGE_KEY, text);
    } catch (cause) {
      const done = operation === "getItem" ? "read" : "written; what was asked may have been done all the same";
      throw new AuthError(0, "TOKEN_STORE_FAILED", `The token storage could not be ${done}.`, null, { cause });
    }
  }

  /** @param {string | undefined} challenge To forget, unless another sign-in has begun since. */
  async forget(challenge) {
    const held = await this.load();
    if (held.challenge === challenge) await this.save({ session: held.session });
  }
}

/** @returns {import("./auth-client.js").TokenStorage} */
function inMemory() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** @typedef {{ data: any, error: AuthError | null, minted: string | null }} Answer `minted`: the session's new token. */

/** @param {Response} response @param {string} text @returns {Answer} */
function read(response, text) {
  const minted = response.headers.get("set-auth-token");
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined; // Whatever answered, it was not the server: a proxy's own page, for one.
  }
  if (response.ok && body !== undefined) return { data: body, error: null, minted };
  let { code, message } = body ?? {};
  if (typeof code !== "string" || typeof message !== "string") {
    code = OF_PROXIES[response.status] ?? "UNEXPECTED_ANSWER";
    message = code === "UNEXPECTED_ANSWER"
      ? "Something else than the authentication server answered; check the base URL."
      : "The server cannot answer now, says a proxy in front of it. Try again later.";
  }
  return { data: null, error: new AuthError(response.status, code, message, retryAfter(response)), minted: null };
}

/** @param {Response} response */
function retryAfter({ headers }) {
  const text = headers.get("retry-after") ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const until = httpDate(text);
  // By the clock that wrote the date, where the answer says what it shows: this one may be wrong.
  const now = httpDate(headers.get("date") ?? "") || Date.now();
  return Number.isNaN(until) ? null : Math.max(0, Math.ceil((until - now) / 1000));
}

/** @param {string} text @returns {number} Milliseconds since 1970; NaN where it is no date. */
function httpDate(text) {
  return HTTP_DATE.test(text) ? Date.parse(text.replace(/( GMT)?$/, " GMT")) : NaN;
}

/** @param {unknown} failure @returns {Answer} */
function failed(failure) {
  if (failure instanceof AuthError) return { data: null, error: failure, minted: null };
  throw failure; // A body that cannot be written as JSON, for one: that is the program's mistake.
}

/** @param {any} failure What `fetch` threw. It is not handed on: it may quote the header it choked on. */
function unanswered(failure) {
  if (failure?.name === "AbortError") return new AuthError(0, "ABORTED", "The request was given up.");
  if (failure?.name === "TimeoutError") return new AuthError(0, "TIMEOUT", "The server did not answer in time.");
  const reason = /^[A-Z_]+$/.test(failure?.cause?.code) ? ` (${failure.cause.code})` : "";
  return new AuthError(0, "NETWORK_ERROR", `The server could not be reached${reason}.`);
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
