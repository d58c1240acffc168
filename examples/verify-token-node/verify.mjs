// Verifies the tokens of Athena Auth with nothing but Node: a key set that is fetched when a key is unknown, and six checks.

import { createPublicKey, verify } from "node:crypto";

/** What Node needs for each algorithm. A token cannot choose another one: its key says which it is for (RFC 8725). */
const ALGORITHMS = {
  EdDSA: { hash: null, options: {} },
  ES256: { hash: "sha256", options: { dsaEncoding: "ieee-p1363" } },
};
const CLOCK_DIFFERENCE = 30; // seconds
const BETWEEN_FETCHES = 10_000; // milliseconds: tokens with invented keys must not become requests to the server
const REFRESH_AFTER = 300_000; // milliseconds: a key that the operator has revoked is accepted no longer than this

export class Verifier {
  #keys = new Map();
  #fetchedAt = -Infinity;
  #attemptedAt = -Infinity;
  #fetching = null;

  /** `jwks`: the address of the key set. `issuer` and `audience`: what tokens must say. */
  constructor({ jwks, issuer, audience }) {
    Object.assign(this, { jwks, issuer, audience });
  }

  /**
   * Return the claims of a token, or throw why it is refused.
   *
   * `level`: the lowest assurance level, 1 or 2. `fresh`: the most seconds since a factor was verified.
   */
  async verify(token, { level = 1, fresh = Infinity } = {}) {
    const parts = token.split(".");
    if (parts.length !== 3) throw new Error("this is no token");
    const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
    const { key, alg } = await this.#key(header.kid);
    const { hash, options } = ALGORITHMS[alg] ?? {};
    const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
    const isGenuine = options && header.alg === alg
      && verify(hash, signed, { key, ...options }, Buffer.from(parts[2], "base64url"));
    if (!isGenuine) throw new Error("the signature is wrong");

    const now = Date.now() / 1000;
    if (claims.iss !== this.issuer) throw new Error("another server issued it");
    if (claims.aud !== this.audience) throw new Error("it is for another service");
    if (!(claims.exp > now - CLOCK_DIFFERENCE)) throw new Error("it has expired");
    if (!(claims.iat <= now + CLOCK_DIFFERENCE)) throw new Error("it was issued in the future");
    if (!(Number(/^level-(\d)$/.exec(claims.acr)?.[1]) >= level)) throw new Error("the level is too low");
    if (!(now - claims.auth_time <= fresh)) throw new Error("a factor was verified too long ago");
    return claims;
  }

  async #key(kid) {
    if (this.#isStale() || !this.#keys.has(kid)) {
      if (Date.now() - this.#attemptedAt > BETWEEN_FETCHES) {
        this.#attemptedAt = Date.now();
        this.#fetching = this.#fetch().finally(() => (this.#fetching = null));
      }
      await this.#fetching; // tokens that come at the same time share one request
      if (this.#isStale()) throw new Error("the key set cannot be fetched");
    }
    const found = this.#keys.get(kid);
    if (found === undefined) throw new Error("its key is unknown");
    return found;
  }

  #isStale() {
    return Date.now() - this.#fetchedAt > REFRESH_AFTER;
  }

  async #fetch() {
    const response = await fetch(this.jwks, { signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(`the key set cannot be fetched: ${response.status}`);
    const { keys } = await response.json();
    this.#keys = new Map(keys.map((jwk) => [jwk.kid, { alg: jwk.alg, key: createPublicKey({ key: jwk, format: "jwk" }) }]));
    this.#fetchedAt = Date.now();
  }
}
