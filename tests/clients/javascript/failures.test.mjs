// What is no answer of the server, and what becomes of tokens. Network and storage are the test's own.
import assert from "node:assert/strict";
import { test } from "node:test";

import { AuthError, createAuthClient } from "../../../clients/javascript/auth-client.js";
import { clientOf, slowStorage, somethingElse } from "./elsewhere.mjs";
import {
  BASE_URL,
  BY_COOKIE,
  PASSWORD,
  assertSignedIn,
  assertSignedOut,
  enrolled,
  ok,
  refused,
  signUp,
} from "./person.mjs";

test("no server is an error, not an exception", async (t) => {
  const gone = await somethingElse(t, (request) => request.socket.destroy());

  const { message } = refused(await clientOf({ baseURL: gone }).getSession(), 0, "NETWORK_ERROR");
  refused(await clientOf({ baseURL: "http://127.0.0.1:1" }).getSession(), 0, "NETWORK_ERROR");

  assert.match(message, /^The server could not be reached \([A-Z_]+\)\.$/);
});

test("a request is given up when its signal says so", async (t) => {
  const silent = clientOf({ baseURL: await somethingElse(t, () => {}) });

  refused(await silent.getSession({ signal: AbortSignal.timeout(20) }), 0, "TIMEOUT");
  refused(await silent.getSession({ signal: AbortSignal.abort() }), 0, "ABORTED");
});

test("a proxy's own page and a redirect are not taken for answers", async (t) => {
  const page = (status) => (_request, response) => response.writeHead(status).end("<h1>Hello</h1>");
  const asked = [];
  const elsewhere = await somethingElse(t, (request, response) => response.end(String(asked.push(request.url))));
  const redirect = (_request, response) => response.writeHead(307, { location: elsewhere }).end();
  const credentials = { email: "ada@example.com", password: PASSWORD };

  for (const status of [200, 404]) {
    const { signIn } = clientOf({ baseURL: await somethingElse(t, page(status)) });
    refused(await signIn.email(credentials), status, "UNEXPECTED_ANSWER");
  }
  const { signIn } = clientOf({ baseURL: await somethingElse(t, redirect) });
  refused(await signIn.email(credentials), 307, "UNEXPECTED_ANSWER");
  assert.deepEqual(asked, []);
});

test("when asked to, a call throws", async () => {
  const { auth, email } = await signUp();

  await assert.rejects(auth.twoFactor.enable({ password: "wrong" }, { throw: true }), (error) => {
    assert.ok(error instanceof AuthError);
    return error.code === "INVALID_PASSWORD" && error.status === 400;
  });
  const { data, error } = await auth.getSession({ throw: true });
  assert.deepEqual([data.user.email, error], [email, null]);
});

test("an error tells nothing of what was sent", async (t) => {
  const token = "a-token\nthat-no-header-can-hold";
  const { error } = await clientOf({ baseURL: BASE_URL, token }).changePassword({ currentPassword: PASSWORD });

  assert.equal(error.code, "NETWORK_ERROR");
  const told = JSON.stringify([error, error.message, error.stack, error.cause]);
  assert.ok(!told.includes("a-token") && !told.includes(PASSWORD), told);
});

test("what a storage holds survives the program, in the middle of a sign-in too", async () => {
  const person = await enrolled();
  const storage = slowStorage();
  const open = () => clientOf({ baseURL: `${BASE_URL}/`, storage });
  ok(await open().signIn.email({ email: person.email, password: PASSWORD }));
  await assertSignedOut(open());

  ok(await open().twoFactor.verifyTotp({ code: person.nextCode() }));
  await assertSignedIn(open(), person.email);

  ok(await open().signOut());
  assert.equal(storage.kept.size, 0);
});

test("a token that is given counts, and what is not ours in a storage does not", async () => {
  const person = await signUp();
  const { signIn } = clientOf({ baseURL: BASE_URL });
  const { token } = ok(await signIn.email({ email: person.email, password: PASSWORD }));
  const storage = slowStorage();
  for (const text of ["{", "null", "7", '"text"']) {
    storage.kept.set("athena-auth", text);
    await assertSignedOut(clientOf({ baseURL: BASE_URL, storage }));
  }

  await assertSignedIn(clientOf({ baseURL: BASE_URL, storage, token }), person.email);
  await assertSignedIn(clientOf({ baseURL: BASE_URL, storage }), person.email);
});

test("an address that is none is said so at once", () => {
  assert.throws(() => createAuthClient({ baseURL: "localhost" }), TypeError);
});

if (!BY_COOKIE) {
  test("a failure that comes late does not undo the sign-in that has begun since", async () => {
    const person = await enrolled();
    let release;
    const held = new Promise((resolve) => (release = resolve));
    const hold = async (url, init) => {
      const response = await fetch(url, init);
      if (url.endsWith("/verify-totp") && init.body.includes("999999")) await held;
      return response;
    };
    const auth = clientOf({ baseURL: BASE_URL, fetch: hold });
    const signIn = () => auth.signIn.email({ email: person.email, password: PASSWORD });
    ok(await signIn());
    for (let guess = 0; guess < 5; guess += 1) await auth.twoFactor.verifyTotp({ code: person.wrongCode });
    const late = auth.twoFactor.verifyTotp({ code: "999999" });
    ok(await signIn());
    release();
    refused(await late, 400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE");

    // Locked by the guesses, but not unknown: the second challenge is still the one that is shown.
    refused(await auth.twoFactor.verifyTotp({ code: person.nextCode() }), 429, "ACCOUNT_TEMPORARILY_LOCKED");
  });
}
