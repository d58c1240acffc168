import type { AuthError } from "./errors.js";

/** Either `data` or `error`; `error === null` tells which. */
export type Result<T> = { data: T; error: null } | { data: null; error: AuthError };

export interface CallOptions {
  /** Reject with the `AuthError` instead of resolving to it. */
  throw?: boolean;
  /** Gives the request up, with the browser's dialog about a passkey: `AbortSignal.timeout(5000)`, for one. */
  signal?: AbortSignal;
}

/** A call with a body. Asked to throw, it resolves to data or not at all. */
export interface Call<Body, T> {
  (body: Body, options: CallOptions & { throw: true }): Promise<{ data: T; error: null }>;
  (body: Body, options?: CallOptions): Promise<Result<T>>;
}

/** A call whose body may be left out. */
export interface OptionalCall<Body, T> {
  (body: Body | undefined, options: CallOptions & { throw: true }): Promise<{ data: T; error: null }>;
  (body?: Body, options?: CallOptions): Promise<Result<T>>;
}

/** A call without a body. */
export interface BareCall<T> {
  (options: CallOptions & { throw: true }): Promise<{ data: T; error: null }>;
  (options?: CallOptions): Promise<Result<T>>;
}
