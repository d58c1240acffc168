/** A server, and who calls it: requests, and what their answers do to the tokens. */
import { read, unanswered } from "./answers.js";
import { AuthError } from "./errors.js";
import { Tokens, inMemory } from "./tokens.js";

/** A pending sign-in has ended with these: its token is valid for nothing any more. */
const CHALLENGE_IS_OVER = ["INVALID_TWO_FACTOR_COOKIE", "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"];

/**
 * @typedef {import("./answers.js").Answer} Answer
 * @typedef {import("./tokens.js").Held} Held
 * @typedef {import("../auth-client.js").CallOptions | undefined} CallOptions
 * @typedef {Record<string, any> | undefined} Body
 * @typedef {"GET" | "POST"} Method
 *
 * @typedef {object} Traits What a call has to do with tokens, beside sending the session's.
 * @property {boolean} [isSecondStep] It sends the token of the pending sign-in, if there is one.
 * @property {boolean} [endsSession] After its success nobody is signed in here.
 */

export class Connection {
  /** @param {string | URL} baseURL @param {import("../auth-client.js").ClientOptions} options */
  constructor(baseURL, { token, storage, credentials, fetch, onTwoFactorRedirect }) {
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
   * @type {(method: Method, path: string, body: Body, traits?: Traits, options?: CallOptions) => Promise<any>}
   */
  async call(method, path, body, traits, options) {
    return this.settle((signal) => this.attempt(method, path, body, traits, signal), options);
  }

  /**
   * Take the steps of a call; return its data, or why there is none.
   *
   * @type {(steps: (signal?: AbortSignal) => Promise<Answer>, options?: CallOptions) => Promise<any>}
   */
  async settle(steps, options = {}) {
    const { data, error } = await steps(options.signal).catch(failed);
    if (error && options.throw) throw error;
    if (data?.twoFactorRedirect) await this.onTwoFactorRedirect?.({ methods: data.twoFactorMethods });
    return { data, error };
  }

  /**
   * Send a request by the token that its traits ask for, and keep the one that its answer brings.
   *
   * @type {(method: Method, path: string, body: Body, traits?: Traits, signal?: AbortSignal) => Promise<Answer>}
   */
  async attempt(method, path, body, traits = {}, signal) {
    const held = this.isBearer ? await this.tokens.load() : {};
    const token = (traits.isSecondStep && held.challenge) || held.session;
    const answer = await this.exchange(method, path, body, token, signal);
    if (this.isBearer) await this.learn(answer, traits, held, body);
    return answer;
  }

  /** @type {(method: Method, path: string, body: Body, token?: string, signal?: AbortSignal) => Promise<Answer>} */
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
      // A bearer sends no cookies: they may be another user's.
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
      // With the session of before, the app would take its owner for the user who is signing in.
      await this.tokens.save({ challenge: data.enrolmentToken ?? data.token });
    } else if (traits.endsSession) {
      await this.tokens.save({});
    } else if (minted) {
      await this.tokens.save({ session: String(body?.disableSession) === "true" ? held.session : minted });
    }
  }
}

/** @param {unknown} failure @returns {Answer} */
function failed(failure) {
  if (failure instanceof AuthError) return { data: null, error: failure, minted: null };
  throw failure; // A body that cannot be written as JSON, for one: that is the program's mistake.
}
