// The `jwt` plugin's client, and `jose`, which its documents use to verify.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createLocalJWKSet, jwtVerify } from "jose";

import { ORIGIN, device, ok, signUp } from "./person.mjs";

test("a token of the session is verified by the key set", async () => {
  const { auth } = await signUp();
  const { session, user } = ok(await auth.getSession());

  const { token } = ok(await auth.token());

  const keys = createLocalJWKSet(ok(await device().auth.jwks()));
  const { payload } = await jwtVerify(token, keys, { issuer: ORIGIN, audience: ORIGIN });
  assert.equal(payload.sub, user.id);
  assert.equal(payload.sid, session.id);
  assert.deepEqual(payload.amr, ["pwd"]);
});

test("nobody gets one without a session", async () => {
  const { error } = await device().auth.token();

  assert.equal(error.status, 401);
});
