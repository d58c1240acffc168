// What somebody does with the link of a mail when she opens it in another browser than the one she signed up in.
import assert from "node:assert/strict";

import { sentToken } from "./outbox.mjs";

/** Ask for the link that verifies this address, and honour it with the password. */
export async function verifyAddress(baseURL, email, password) {
  const post = (path, body) =>
    fetch(`${baseURL}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  assert.equal((await post("/send-verification-email", { email })).status, 200);
  const token = await sentToken(email, "email-verification");
  assert.equal((await post("/confirm-email", { token, password })).status, 200);
}
