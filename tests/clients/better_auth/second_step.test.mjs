import assert from "node:assert/strict";
import { test } from "node:test";

import { sentCode } from "../node/outbox.mjs";
import { BY_COOKIE, device, enrolled, foreignPage, givePassword, ok, refused, PASSWORD } from "./person.mjs";

const METHODS = ["totp", "otp", "backup-code"];

async function assertSignedIn(auth, email) {
  assert.equal(ok(await auth.getSession()).user.email, email);
}

test("the password alone opens nothing, and the client is told which factors are due", async () => {
  const person = await enrolled();

  const { auth, answer, redirects } = await givePassword(person);

  assert.equal(ok(answer).twoFactorRedirect, true);
  assert.deepEqual(redirects, [{ twoFactorMethods: METHODS }]);
  assert.equal(ok(await auth.getSession()), null);
  refused(await auth.twoFactor.generateBackupCodes({ password: PASSWORD }), 401, "UNAUTHORIZED");
});

test("signing out and in again with the authenticator app", async () => {
  const person = await enrolled();
  ok(await person.auth.signOut());
  assert.equal(ok(await person.auth.getSession()), null);

  const { auth } = await givePassword(person, person);
  ok(await auth.twoFactor.verifyTotp({ code: person.nextCode() }));

  await assertSignedIn(auth, person.email);
});

test("signing in with a code by mail", async () => {
  const person = await enrolled();
  const { auth } = await givePassword(person);

  assert.deepEqual(ok(await auth.twoFactor.sendOtp()), { status: true });
  ok(await auth.twoFactor.verifyOtp({ code: await sentCode(person.email) }));

  await assertSignedIn(auth, person.email);
});

test("signing in with a backup code, once", async () => {
  const person = await enrolled();
  const [code] = person.backupCodes;
  const { auth } = await givePassword(person);

  const { session, user } = ok(await auth.twoFactor.verifyBackupCode({ code }));

  assert.equal(session.userId, user.id);
  await assertSignedIn(auth, person.email);
  const second = await givePassword(person);
  refused(await second.auth.twoFactor.verifyBackupCode({ code }), 401, "INVALID_BACKUP_CODE");
});

test("a wrong code is refused and the right one still signs in", async () => {
  const person = await enrolled();
  const { auth } = await givePassword(person);

  refused(await auth.twoFactor.verifyTotp({ code: person.wrongCode }), 401, "INVALID_CODE");
  ok(await auth.twoFactor.verifyTotp({ code: person.nextCode() }));

  await assertSignedIn(auth, person.email);
});

test("too many wrong codes are told as a lock, with how long it lasts", async () => {
  const person = await enrolled();
  const code = person.wrongCode;
  const { auth } = await givePassword(person);
  for (let guess = 0; guess < 5; guess += 1) refused(await auth.twoFactor.verifyTotp({ code }), 401, "INVALID_CODE");
  const next = await givePassword(person);
  let wait = null;
  const fetchOptions = { onError: ({ response }) => (wait = response.headers.get("retry-after")) };

  refused(await next.auth.twoFactor.verifyTotp({ code, fetchOptions }), 429, "ACCOUNT_TEMPORARILY_LOCKED");

  assert.match(wait, /^([1-9]|[12]\d|30)$/);
});

if (BY_COOKIE) {
  test("a trusted device skips the second step, and no other device does", async () => {
    const person = await enrolled();
    const laptop = await givePassword(person);
    ok(await laptop.auth.twoFactor.verifyTotp({ code: person.nextCode(), trustDevice: true }));
    ok(await laptop.auth.signOut());

    const again = await givePassword(person, laptop);
    const elsewhere = await givePassword(person, device());

    assert.equal(ok(again.answer).user.email, person.email);
    await assertSignedIn(laptop.auth, person.email);
    assert.equal(ok(elsewhere.answer).twoFactorRedirect, true);
  });

  test("a page of somebody else cannot use the cookies", async () => {
    const person = await enrolled();

    const { auth } = foreignPage(person);

    refused(await auth.twoFactor.disable({ password: PASSWORD }), 403, "INVALID_ORIGIN");
    assert.equal(ok(await person.auth.getSession()).user.twoFactorEnabled, true);
  });
}
