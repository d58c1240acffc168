// Somebody and her devices. A device is better-auth's own client, unchanged, in one of its two modes.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { createAuthClient } from "better-auth/client";
import { jwtClient, twoFactorClient } from "better-auth/client/plugins";

import { browser } from "../node/browser.mjs";
import { phone, wrongCode } from "../node/phone.mjs";

export const ORIGIN = process.env.ORIGIN;
export const BY_COOKIE = process.env.MODE === "cookie";
export const PASSWORD = "correct horse battery staple";

/** A page in a browser: the session is a cookie that no script reads. */
function cookieDevice(origin = ORIGIN) {
  const { fetch, jar } = browser(origin);
  return { fetchOptions: { customFetchImpl: fetch }, jar };
}

/** An app without cookies: it keeps the token an answer carries, and shows it. */
function bearerDevice() {
  let token = "";
  const onSuccess = ({ response, data }) => {
    const issued = response.headers.get("set-auth-token") ?? (data?.twoFactorRedirect && data.token);
    if (issued) token = issued;
  };
  return { fetchOptions: { auth: { type: "Bearer", token: () => token }, onSuccess }, jar: new Map() };
}

/** Return a device nobody has used yet: `auth` is the client, `redirects` what it was told of second steps. */
export function device(options = BY_COOKIE ? cookieDevice() : bearerDevice()) {
  const redirects = [];
  const onTwoFactorRedirect = (told) => redirects.push(told);
  const plugins = [twoFactorClient({ onTwoFactorRedirect }), jwtClient()];
  const auth = createAuthClient({ baseURL: ORIGIN, plugins, fetchOptions: options.fetchOptions });
  return { auth, redirects, jar: options.jar };
}

/** Return a device that shows the cookies of another one from a page of somebody else. */
export function foreignPage(victim) {
  const options = cookieDevice("https://elsewhere.example");
  for (const [name, value] of victim.jar) options.jar.set(name, value);
  return device(options);
}

/** Return what an answer holds, or fail with what it says instead. */
export function ok({ data, error }) {
  assert.equal(error, null, JSON.stringify(error));
  return data;
}

/** Check that an answer is this refusal, told as better-auth's client tells refusals. */
export function refused({ data, error }, status, code) {
  assert.equal(data, null);
  assert.equal(error.status, status);
  assert.equal(error.code, code);
  assert.match(error.message, /^[A-Z].+\.$/);
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
