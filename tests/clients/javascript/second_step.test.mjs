import assert from "node:assert/strict";
import { test } from "node:test";

import { sentCode } from "../node/outbox.mjs";
import { phone } from "../node/phone.mjs";
import {
  BY_COOKIE,
  PASSWORD,
  assertSignedIn,
  assertSignedOut,
  device,
  enrolled,
  givePassword,
  ok,
  refused,
  signUp,
} from "./person.mjs";

const METHODS = ["totp", "otp", "backup-code"];

test("an enrolment takes effect with the first code, and the session goes on", async () => {
  const { auth, email } = await signUp();
  const enrolment = { password: PASSWORD, issuer: "Example", qrCode: true };
  const { totpURI, qrCode, backupCodes } = ok(await auth.twoFactor.enable(enrolment));
  assert.equal(new URL(totpURI).searchParams.get("issuer"), "Example");
  assert.equal(backupCodes.length, 10);
  const pending = ok(await auth.twoFactor.status());
  assert.deepEqual([pending.enabled, pending.pendingEnrolment], [false, "totp"]);
  assert.deepEqual(ok(await auth.twoFactor.getTotpUri({ password: PASSWORD })), { totpURI });
  const shown = ok(await auth.twoFactor.getTotpUri({ password: PASSWORD, qrCode: true }));
  assert.deepEqual(shown, { totpURI, qrCode });
  assert.match(qrCode, /^data:image\/svg\+xml;/);

  ok(await auth.twoFactor.verifyTotp({ code: phone(totpURI)() }));

  assert.deepEqual(ok(await auth.twoFactor.status()), {
    enabled: true,
    methods: METHODS,
    preferredMethod: "totp",
    backupCodesLeft: 10,
    trustedDevices: 0,
    pendingEnrolment: null,
    phoneNumber: null,
    authenticatorApps: 1,
    hasPassword: true,
  });
  await assertSignedIn(auth, email);
});

test("codes by mail alone are a second factor too", async () => {
  const { auth, email } = await signUp();
  const { totpURI, method } = ok(await auth.twoFactor.enable({ password: PASSWORD, method: "otp" }));
  assert.deepEqual([totpURI, method], [undefined, "otp"]);

  ok(await auth.twoFactor.verifyOtp({ code: await sentCode(email) }));

  assert.equal(ok(await auth.twoFactor.status()).preferredMethod, "otp");
});

test("the password alone opens nothing, and the client is told which methods are due", async () => {
  const person = await enrolled();

  const { auth, answer, redirects } = await givePassword(person);

  assert.equal(ok(answer).twoFactorRedirect, true);
  assert.deepEqual(redirects, [{ methods: METHODS }]);
  await assertSignedOut(auth);
  refused(await auth.twoFactor.generateBackupCodes({ password: PASSWORD }), 401, "UNAUTHORIZED");
});

test("somebody else's session ends with the sign-in of the next one, and not before", async () => {
  const [person, before] = [await enrolled(), await signUp()];

  await givePassword(person, before);
  if (BY_COOKIE) await assertSignedIn(before.auth, before.email);
  ok(await before.auth.twoFactor.verifyTotp({ code: person.nextCode() }));

  await assertSignedIn(before.auth, person.email);
  const sessions = ok(await before.auth.listSessions());
  assert.equal(sessions.length, 2);
});

test("signing in with the authenticator app, after a wrong code", async () => {
  const person = await enrolled();
  const { auth } = await givePassword(person);

  refused(await auth.twoFactor.verifyTotp({ code: person.wrongCode }), 401, "INVALID_CODE");
  const { user } = ok(await auth.twoFactor.verifyTotp({ code: person.nextCode() }));

  assert.equal(user.twoFactorEnabled, true);
  await assertSignedIn(auth, person.email);
});

test("signing in with a code by mail", async () => {
  const person = await enrolled();
  const { auth } = await givePassword(person);

  assert.deepEqual(ok(await auth.twoFactor.sendOtp()), { status: true });
  ok(await auth.twoFactor.verifyOtp({ code: await sentCode(person.email) }));

  await assertSignedIn(auth, person.email);
  assert.deepEqual(ok(await auth.getSession()).session.level, 2);
});

test("signing in with a backup code, once", async () => {
  const person = await enrolled();
  const [code] = person.backupCodes;
  const { auth } = await givePassword(person);

  const { session, user, backupCodesLeft } = ok(await auth.twoFactor.verifyBackupCode({ code }));

  assert.deepEqual([session.userId, backupCodesLeft], [user.id, 9]);
  await assertSignedIn(auth, person.email);
  const second = await givePassword(person);
  refused(await second.auth.twoFactor.verifyBackupCode({ code }), 401, "INVALID_BACKUP_CODE");
});

test("with disableSession the token is only returned", async () => {
  const person = await enrolled();
  const { auth } = await givePassword(person);

  const answer = await auth.twoFactor.verifyBackupCode({ code: person.backupCodes[0], disableSession: true });

  await assertSignedOut(auth);
  const other = device({ token: ok(answer).token, credentials: "bearer", fetch: undefined });
  await assertSignedIn(other.auth, person.email);
});

test("generateBackupCodes replaces the backup codes", async () => {
  const person = await enrolled();

  const { backupCodes } = ok(await person.auth.twoFactor.generateBackupCodes({ password: PASSWORD }));

  const { auth } = await givePassword(person);
  refused(await auth.twoFactor.verifyBackupCode({ code: person.backupCodes[0] }), 401, "INVALID_BACKUP_CODE");
  ok(await auth.twoFactor.verifyBackupCode({ code: backupCodes[0] }));
});

test("several apps are added, renamed, suspended, resumed and removed one by one", async () => {
  const { auth } = await enrolled();
  const { id, totpURI } = ok(await auth.twoFactor.addAuthenticator({ password: PASSWORD, label: "Work" }));
  ok(await auth.twoFactor.verifyTotp({ code: phone(totpURI)() }));

  ok(await auth.twoFactor.renameAuthenticator({ id, label: "Work phone" }));
  ok(await auth.twoFactor.suspendAuthenticator({ id }));
  const listed = ok(await auth.twoFactor.listAuthenticators());
  ok(await auth.twoFactor.resumeAuthenticator({ id }));
  ok(await auth.twoFactor.removeAuthenticator({ id }));

  assert.deepEqual(
    listed.map(({ factor, label, suspended }) => [factor, label, suspended]).sort(),
    [["totp", null, false], ["totp", "Work phone", true]],
  );
  const [{ id: last }] = ok(await auth.twoFactor.listAuthenticators());
  refused(await auth.twoFactor.removeAuthenticator({ id: last }), 400, "LAST_AUTHENTICATOR");
});

test("a sign-in says what the person prefers", async () => {
  const person = await enrolled();

  ok(await person.auth.twoFactor.setPreferredMethod({ method: "otp" }));

  const { answer } = await givePassword(person);
  assert.deepEqual(ok(answer).twoFactorMethods, METHODS);
  assert.equal(ok(answer).preferredMethod, "otp");
});

test("disable turns the second factor off", async () => {
  const person = await enrolled();

  assert.deepEqual(ok(await person.auth.twoFactor.disable({ password: PASSWORD })), { status: true });

  const { answer, redirects } = await givePassword(person);
  assert.equal(ok(answer).user.email, person.email);
  assert.deepEqual(redirects, []);
});

test("too many wrong codes lock, and the error says for how long", async () => {
  const person = await enrolled();
  const code = person.wrongCode;
  const { auth } = await givePassword(person);
  for (let guess = 0; guess < 5; guess += 1) refused(await auth.twoFactor.verifyTotp({ code }), 401, "INVALID_CODE");
  const next = await givePassword(person);

  const { retryAfter } = refused(await next.auth.twoFactor.verifyTotp({ code }), 429, "ACCOUNT_TEMPORARILY_LOCKED");

  assert.ok(Number.isInteger(retryAfter) && retryAfter > 0 && retryAfter <= 30, String(retryAfter));
});

test("a challenge that has seen too many codes is over; a session is asked for again", async () => {
  const person = await enrolled();
  const { auth } = await givePassword(person);
  for (let guess = 0; guess < 5; guess += 1) await auth.twoFactor.verifyTotp({ code: person.wrongCode });

  const over = await auth.twoFactor.verifyTotp({ code: person.wrongCode });

  refused(over, 400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE");
  if (!BY_COOKIE) refused(await auth.twoFactor.sendOtp(), 401, "INVALID_TWO_FACTOR_COOKIE");
});

if (BY_COOKIE) {
  test("a trusted device skips the second step until it is trusted no more", async () => {
    const person = await enrolled();
    const laptop = await givePassword(person);
    ok(await laptop.auth.twoFactor.verifyTotp({ code: person.nextCode(), trustDevice: true }));
    const [{ id, current }] = ok(await laptop.auth.twoFactor.listTrustedDevices());
    assert.equal(current, true);
    ok(await laptop.auth.signOut());

    const again = await givePassword(person, laptop);
    assert.equal(ok(again.answer).user.email, person.email);
    const elsewhere = await givePassword(person);
    assert.equal(ok(elsewhere.answer).twoFactorRedirect, true);

    ok(await laptop.auth.twoFactor.revokeTrustedDevice({ id }));
    refused(await laptop.auth.twoFactor.revokeTrustedDevice({ id }), 404, "TRUSTED_DEVICE_NOT_FOUND");
    assert.equal(ok((await givePassword(person, laptop)).answer).twoFactorRedirect, true);
  });

  test("revokeTrustedDevices trusts none any more", async () => {
    const person = await enrolled();
    const laptop = await givePassword(person);
    ok(await laptop.auth.twoFactor.verifyTotp({ code: person.nextCode(), trustDevice: "true" }));

    ok(await person.auth.twoFactor.revokeTrustedDevices());

    assert.deepEqual(ok(await person.auth.twoFactor.listTrustedDevices()), []);
    assert.equal(ok((await givePassword(person, laptop)).answer).twoFactorRedirect, true);
  });
}

test("a server that offers no recovery refuses each of its steps", async () => {
  const { auth } = device();
  const token = "A".repeat(43);

  refused(await auth.twoFactor.beginRecovery(), 401, "INVALID_TWO_FACTOR_COOKIE");
  refused(await auth.twoFactor.openRecovery({ token }), 403, "RECOVERY_NOT_OFFERED");
  refused(await auth.twoFactor.completeRecovery({ token, password: PASSWORD }), 403, "RECOVERY_NOT_OFFERED");
  refused(await auth.twoFactor.cancelRecovery({ token }), 400, "INVALID_TOKEN");
  refused(await auth.twoFactor.cancelRecoveryInSession(), 401, "UNAUTHORIZED");
});
