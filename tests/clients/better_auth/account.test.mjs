import assert from "node:assert/strict";
import { test } from "node:test";

import { sentToken } from "../node/outbox.mjs";
import { verifyAddress } from "../node/verification.mjs";
import { ORIGIN, PASSWORD, device, enrolled, givePassword, ok, refused, signUp } from "./person.mjs";

/** Sign somebody in on two devices more; return all three. */
async function onThreeDevices() {
  const person = await signUp();
  return [person, await givePassword(person), await givePassword(person)];
}

const isSignedIn = async ({ auth }) => ok(await auth.getSession()) !== null;

test("listSessions shows every device, and revokeSession ends the one it names", async () => {
  const [person, tablet] = await onThreeDevices();
  const { session } = ok(await tablet.auth.getSession());
  const sessions = ok(await person.auth.listSessions());
  assert.equal(sessions.length, 3);

  const { token } = sessions.find(({ id }) => id === session.id);
  ok(await person.auth.revokeSession({ token }));

  assert.equal(await isSignedIn(tablet), false);
  assert.equal(ok(await person.auth.listSessions()).length, 2);
});

test("revokeOtherSessions leaves this one", async () => {
  const [person, tablet, laptop] = await onThreeDevices();

  ok(await person.auth.revokeOtherSessions());

  assert.deepEqual(await Promise.all([person, tablet, laptop].map(isSignedIn)), [true, false, false]);
});

test("revokeSessions ends every session, this one too", async () => {
  const devices = await onThreeDevices();

  ok(await devices[1].auth.revokeSessions());

  assert.deepEqual(await Promise.all(devices.map(isSignedIn)), [false, false, false]);
});

test("changePassword ends the other sessions and the old password", async () => {
  const [person, tablet] = await onThreeDevices();
  const newPassword = "staple battery horse correct";

  ok(await person.auth.changePassword({ currentPassword: PASSWORD, newPassword, revokeOtherSessions: true }));

  assert.deepEqual(await Promise.all([person, tablet].map(isSignedIn)), [true, false]);
  refused((await givePassword(person)).answer, 401, "INVALID_EMAIL_OR_PASSWORD");
  assert.equal(await isSignedIn(await givePassword(person, undefined, newPassword)), true);
});

test("a forgotten password is replaced by the link of a mail, and the second factor still stands", async () => {
  const person = await enrolled();
  await verifyAddress(`${ORIGIN}/api/auth`, person.email, PASSWORD);
  const { auth, redirects } = device();
  ok(await auth.requestPasswordReset({ email: person.email }));
  const token = await sentToken(person.email);
  const newPassword = "staple battery horse correct";

  ok(await auth.resetPassword({ token, newPassword }));

  assert.equal(await isSignedIn({ auth }), false);
  assert.equal(await isSignedIn(person), false);
  refused((await givePassword(person)).answer, 401, "INVALID_EMAIL_OR_PASSWORD");
  redirects.length = 0;
  await givePassword(person, { auth }, newPassword);
  // No code by mail: whoever reads her mail has set this password, and one mailbox is not two factors.
  assert.deepEqual(redirects, [{ twoFactorMethods: ["totp", "backup-code"] }]);
  ok(await auth.twoFactor.verifyTotp({ code: person.nextCode() }));
  assert.equal(await isSignedIn({ auth }), true);
  refused(await auth.resetPassword({ token, newPassword }), 400, "INVALID_TOKEN");
});

test("verifyEmail in a session of the account verifies the address", async () => {
  const { auth, email } = await signUp();
  ok(await auth.sendVerificationEmail({ email }));
  const token = await sentToken(email, "email-verification");
  refused(await device().auth.verifyEmail({ query: { token } }), 401, "UNAUTHORIZED");

  ok(await auth.verifyEmail({ query: { token } }));

  assert.equal(ok(await auth.getSession()).user.emailVerified, true);
});

test("updateUser changes the name and the image", async () => {
  const { auth } = await signUp();
  const image = "https://example.com/ada.png";

  ok(await auth.updateUser({ name: "Ada Lovelace", image }));

  const { user } = ok(await auth.getSession());
  assert.deepEqual([user.name, user.image], ["Ada Lovelace", image]);
});

test("deleteUser takes the password and leaves nothing", async () => {
  const person = await signUp();
  refused(await person.auth.deleteUser({ password: "not my password" }), 400, "INVALID_PASSWORD");

  ok(await person.auth.deleteUser({ password: PASSWORD }));

  assert.equal(await isSignedIn(person), false);
  refused((await givePassword(person)).answer, 401, "INVALID_EMAIL_OR_PASSWORD");
});

test("without a session there is nothing to manage", async () => {
  const person = await signUp();
  ok(await person.auth.signOut());

  assert.equal(await isSignedIn(person), false);
  refused(await person.auth.listSessions(), 401, "UNAUTHORIZED");
  refused(await person.auth.updateUser({ name: "Eve" }), 401, "UNAUTHORIZED");
});
