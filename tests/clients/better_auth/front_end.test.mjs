// What front ends rely on around the second factor: where a sign-in leads, cookies of what has ended, pending confirmations.
import assert from "node:assert/strict";
import { test } from "node:test";

import { sentCode } from "../node/outbox.mjs";
import { BY_COOKIE, PASSWORD, device, enrolled, ok, refused, signUp } from "./person.mjs";

test("a sign-in leads to its callbackURL, with a second factor after that", async () => {
  const plain = await signUp();
  const { redirect, url } = ok(await device().auth.signIn.email({ email: plain.email, password: PASSWORD, callbackURL: "/dashboard" }));
  assert.deepEqual([redirect, url], [true, "/dashboard"]);

  const person = await enrolled();
  const { auth } = device();
  const due = ok(await auth.signIn.email({ email: person.email, password: PASSWORD, callbackURL: "/dashboard" }));
  assert.equal(due.url, undefined);
  const passed = ok(await auth.twoFactor.verifyTotp({ code: person.nextCode() }));
  assert.deepEqual([passed.redirect, passed.url], [true, "/dashboard"]);

  const stranger = await device().auth.signIn.email({ email: person.email, password: PASSWORD, callbackURL: "https://evil.example" });
  refused(stranger, 403, "INVALID_CALLBACK_URL");
});

test("a second step without a sign-in says so, and its cookie goes", async () => {
  refused(await device().auth.twoFactor.verifyTotp({ code: "123456" }), 401, "INVALID_TWO_FACTOR_COOKIE");
  if (!BY_COOKIE) return;
  const person = await enrolled();
  const { auth, jar } = device();
  ok(await auth.signIn.email({ email: person.email, password: PASSWORD }));
  const isWaiting = () => [...jar.keys()].some((name) => name.endsWith("two_factor"));
  assert.ok(isWaiting());
  for (let attempt = 0; attempt < 6; attempt += 1) await auth.twoFactor.verifyTotp({ code: person.wrongCode });
  assert.ok(!isWaiting());
});

test("codes by mail are confirmed by sendOtp and verifyOtp", async () => {
  const { auth, email } = await signUp();
  const begun = ok(await auth.twoFactor.enable({ password: PASSWORD, method: "otp" }));
  assert.equal(begun.confirmationPending, true);
  ok(await auth.twoFactor.sendOtp());
  ok(await auth.twoFactor.verifyOtp({ code: await sentCode(email, 2) }));
  assert.equal(ok(await auth.getSession()).user.twoFactorEnabled, true);
});

test("the password is the one account, and an address that is taken says so", async () => {
  const { auth, email } = await signUp();
  assert.deepEqual(ok(await auth.listAccounts()).map(({ providerId }) => providerId), ["credential"]);
  const again = await device().auth.signUp.email({ name: "", email, password: PASSWORD });
  refused(again, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
});
