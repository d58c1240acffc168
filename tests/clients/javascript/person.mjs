// Somebody and her devices. A device is a client of its own: a page in a browser, or an app with a bearer token.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";

import { AuthError, createAuthClient } from "../../../clients/javascript/auth-client.js";
import { browser } from "../node/browser.mjs";
import { phone, wrongCode } from "../node/phone.mjs";

export const { BASE_URL, MODE } = process.env;
export const BY_COOKIE = MODE === "cookie";
export const PASSWORD = "correct horse battery staple";

/** Return a device nobody has used yet: `auth` is the client's, `redirects` what it was told of second steps. */
export function device(options = {}) {
  const redirects = [];
  const { jar, fetch } = BY_COOKIE ? browser(new URL(BASE_URL).origin) : {};
  const { auth } = createAuthClient({
    baseURL: BASE_URL,
    credentials: MODE,
    onTwoFactorRedirect: (due) => redirects.push(due),
    ...(fetch && { fetch }),
    ...options,
  });
  return { auth: recorded(auth), redirects, jar };
}

/** Write down what is answered to whom, so that another program can hold it against the types. */
function recorded(calls, path = "auth") {
  const entries = Object.entries(calls).map(([name, call]) => {
    const full = `${path}.${name}`;
    if (typeof call !== "function") return [name, recorded(call, full)];
    return [name, async (...given) => {
      const result = await call(...given);
      if (result.error === null) appendFileSync(process.env.ANSWERS, `${JSON.stringify([full, result.data])}\n`);
      return result;
    }];
  });
  return Object.fromEntries(entries);
}

/** Return what an answer holds, or fail with what it says instead. */
export function ok({ data, error }) {
  assert.equal(error, null, `${error?.code}: ${error?.message}`);
  return data;
}

/** Check that an answer is this refusal; return it. */
export function refused({ data, error }, status, code) {
  assert.equal(data, null);
  assert.ok(error instanceof AuthError);
  assert.deepEqual([error.status, error.code], [status, code]);
  assert.match(error.message, /^[A-Z].+\.$/);
  return error;
}

/** Sign somebody up on a new device. */
export async function signUp() {
  const email = `ada-${randomUUID()}@example.com`;
  const own = device();
  ok(await own.auth.signUp.email({ name: "Ada", email, password: PASSWORD }));
  return { ...own, email };
}

/** Sign somebody up who turns on an authenticator app; the code it shows now is used up. */
export async function enrolled() {
  const person = await signUp();
  const { totpURI, backupCodes } = ok(await person.auth.twoFactor.enable({ password: PASSWORD }));
  const show = phone(totpURI);
  ok(await person.auth.twoFactor.verifyTotp({ code: show() }));
  return { ...person, totpURI, backupCodes, nextCode: () => show(1), wrongCode: wrongCode(show) };
}

/** Give the password on a device. */
export async function givePassword({ email }, on = device(), password = PASSWORD) {
  return { ...on, answer: await on.auth.signIn.email({ email, password }) };
}

export async function assertSignedIn(auth, email) {
  assert.equal(ok(await auth.getSession())?.user.email, email);
}

export async function assertSignedOut(auth) {
  assert.equal(ok(await auth.getSession()), null);
}
