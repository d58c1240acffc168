// Servers and storages that are not what a client hopes for.
import { createServer } from "node:http";

import { createAuthClient } from "../../../clients/javascript/auth-client.js";

/** Serve one kind of answer on a port of its own, as something does that is not the server. */
export async function somethingElse(t, answer) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.closeAllConnections() ?? server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

/** Return the calls of a client with a token. */
export const clientOf = (options) => createAuthClient({ credentials: "bearer", ...options }).auth;

/** A storage that answers late, as those of phones do. */
export function slowStorage() {
  const kept = new Map();
  const later = (value) => new Promise((resolve) => setTimeout(resolve, 1, value));
  return {
    kept,
    getItem: (key) => later(kept.get(key) ?? null),
    setItem: (key, value) => later(kept.set(key, value)),
    removeItem: (key) => later(kept.delete(key)),
  };
}
