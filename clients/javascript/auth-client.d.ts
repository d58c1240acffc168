import type { Auth } from "./auth-client/auth.js";
import type { TwoFactorMethod } from "./auth-client/models.js";

export * from "./auth-client/auth.js";
export * from "./auth-client/calls.js";
export * from "./auth-client/errors.js";
export * from "./auth-client/models.js";
export * from "./auth-client/passkeys.js";
export * from "./auth-client/two-factor.js";

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
