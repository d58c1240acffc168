/** Where a bearer's tokens are kept. */
import { AuthError } from "./errors.js";

const STORAGE_KEY = "athena-auth";

/** @typedef {{ session?: string, challenge?: string }} Held */

/** Keeps what a bearer has to show. It is read anew for each request: what another tab saves is seen. */
export class Tokens {
  /** @param {import("../auth-client.js").TokenStorage} storage @param {string} [token] */
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
      return {}; // Something else was stored there, which has signed this client out.
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

/** @returns {import("../auth-client.js").TokenStorage} */
export function inMemory() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
