import assert from "node:assert/strict";
import { test } from "node:test";

import { phone } from "../node/phone.mjs";
import { PASSWORD, enrolled, givePassword, ok, refused, signUp } from "./person.mjs";

test("signing up signs in", async () => {
  const { auth, email } = await signUp();

  const { session, user } = ok(await auth.getSession());

  assert.equal(user.email, email);
  assert.equal(user.twoFactorEnabled, false);
  assert.equal(session.userId, user.id);
  assert.ok(user.createdAt instanceof Date && session.expiresAt > new Date());
});

test("the first code turns the authenticator app on, and the session goes on", async () => {
  const { auth } = await signUp();
  const { totpURI, backupCodes } = ok(await auth.twoFactor.enable({ password: PASSWORD }));
  assert.equal(backupCodes.length, 10);
  assert.equal(ok(await auth.getSession()).user.twoFactorEnabled, false);

  const { user } = ok(await auth.twoFactor.verifyTotp({ code: phone(totpURI)() }));

  assert.equal(user.twoFactorEnabled, true);
  assert.equal(ok(await auth.getSession()).user.twoFactorEnabled, true);
});

test("getTotpUri shows the secret again", async () => {
  const { auth, totpURI } = await enrolled();

  assert.deepEqual(ok(await auth.twoFactor.getTotpUri({ password: PASSWORD })), { totpURI });
});

test("generateBackupCodes replaces the backup codes", async () => {
  const person = await enrolled();

  const { backupCodes } = ok(await person.auth.twoFactor.generateBackupCodes({ password: PASSWORD }));

  const { auth } = await givePassword(person);
  const [old] = person.backupCodes;
  refused(await auth.twoFactor.verifyBackupCode({ code: old }), 401, "INVALID_BACKUP_CODE");
  ok(await auth.twoFactor.verifyBackupCode({ code: backupCodes[0] }));
});

test("disable turns the second factor off", async () => {
  const person = await enrolled();

  assert.deepEqual(ok(await person.auth.twoFactor.disable({ password: PASSWORD })), { status: true });

  assert.equal(ok(await person.auth.getSession()).user.twoFactorEnabled, false);
  const { auth, answer, redirects } = await givePassword(person);
  assert.equal(ok(answer).user.email, person.email);
  assert.deepEqual(redirects, []);
  assert.equal(ok(await auth.getSession()).user.email, person.email);
});

test("refusals arrive as code, message and status", async () => {
  const { auth } = await signUp();

  refused(await auth.twoFactor.enable({ password: "not my password" }), 400, "INVALID_PASSWORD");
  refused(await auth.twoFactor.enable({}), 400, "VALIDATION_ERROR");
  refused(await auth.twoFactor.getTotpUri({ password: PASSWORD }), 400, "TOTP_NOT_ENABLED");
});
