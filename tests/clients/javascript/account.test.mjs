import assert from "node:assert/strict";
import { test } from "node:test";

import { sentToken } from "../node/outbox.mjs";
import { verifyAddress } from "../node/verification.mjs";
import {
  BASE_URL,
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

const NEW_PASSWORD = "staple battery horse correct";

/** Sign somebody in on two devices more; return all three. */
async function onThreeDevices() {
  const person = await signUp();
  return [person, await givePassword(person), await givePassword(person)];
}

const isSignedIn = async ({ auth }) => ok(await auth.getSession()) !== null;
const signedIn = (devices) => Promise.all(devices.map(isSignedIn));

test("token tells other services of the session", async () => {
  const { auth } = await signUp();
  const { session } = ok(await auth.getSession());

  const { token } = ok(await auth.token());

  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  assert.equal(claims.sid, session.id);
});

test("an invitation that is none is refused", async () => {
  const body = { name: "Ada", email: "ada@example.com", password: PASSWORD, invite: "none" };

  refused(await device().auth.signUp.email(body), 400, "INVALID_INVITE");
});

test("signing up signs in, and signing out ends it", async () => {
  const { auth, email } = await signUp();
  const { session, user } = ok(await auth.getSession());
  assert.equal(user.email, email);
  assert.equal(session.userId, user.id);

  ok(await auth.signOut());

  await assertSignedOut(auth);
  refused(await auth.listSessions(), 401, "UNAUTHORIZED");
});

test("sessions are listed, and end one by one, the others, or all", async () => {
  const devices = await onThreeDevices();
  const [person, tablet] = devices;
  const { session } = ok(await tablet.auth.getSession());
  const { token } = ok(await person.auth.listSessions()).find(({ id }) => id === session.id);

  ok(await person.auth.revokeSession({ token }));
  assert.deepEqual(await signedIn(devices), [true, false, true]);

  ok(await person.auth.revokeOtherSessions());
  assert.deepEqual(await signedIn(devices), [true, false, false]);

  ok(await person.auth.revokeSessions());
  assert.deepEqual(await signedIn(devices), [false, false, false]);
  refused(await person.auth.listSessions(), 401, "UNAUTHORIZED");
});

test("changePassword keeps this session, and ends the others and the old password", async () => {
  const devices = await onThreeDevices();
  const [person] = devices;

  ok(await person.auth.changePassword({ currentPassword: PASSWORD, newPassword: NEW_PASSWORD }));

  assert.deepEqual(await signedIn(devices), [true, false, false]);
  refused((await givePassword(person)).answer, 401, "INVALID_EMAIL_OR_PASSWORD");
  assert.equal(await isSignedIn(await givePassword(person, undefined, NEW_PASSWORD)), true);
});

test("removePassword and setPassword say what they need", async () => {
  const { auth } = await signUp();

  refused(await auth.removePassword(), 400, "TWO_FACTOR_NOT_ENABLED");
  refused(await auth.setPassword({ newPassword: NEW_PASSWORD }), 400, "PASSWORD_ALREADY_SET");
  assert.equal(ok(await auth.twoFactor.status()).hasPassword, true);
});

test("changeEmail sends a link to the new address and changes nothing before it is opened", async () => {
  const { auth, email } = await signUp();
  const newEmail = `new-${email}`;

  ok(await auth.changeEmail({ newEmail, password: PASSWORD }));

  assert.ok(await sentToken(newEmail, "email-change"));
  await assertSignedIn(auth, email);
  refused(await auth.changeEmail({ newEmail: "not an address" }), 400, "INVALID_EMAIL");
});

test("a forgotten password is replaced by the link of a mail, and the second factor still stands", async () => {
  const person = await enrolled();
  await verifyAddress(BASE_URL, person.email, PASSWORD);
  const { auth, redirects } = device();
  const { message } = ok(await auth.requestPasswordReset({ email: person.email }));
  assert.match(message, /If there is an account/);
  const token = await sentToken(person.email);

  const answer = ok(await auth.resetPassword({ token, newPassword: NEW_PASSWORD }));

  assert.equal(answer.twoFactorRedirect, true);
  // No code by mail: the link came by mail, and one mailbox is not two factors.
  assert.deepEqual(redirects, [{ methods: ["totp", "backup-code"] }]);
  await assertSignedOut(auth);
  await assertSignedOut(person.auth);
  ok(await auth.twoFactor.verifyTotp({ code: person.nextCode() }));
  await assertSignedIn(auth, person.email);
  refused(await auth.resetPassword({ token, newPassword: NEW_PASSWORD }), 400, "INVALID_TOKEN");
});

test("a reset without a second factor signs nobody in, and this device out", async () => {
  const person = await signUp();
  ok(await person.auth.requestPasswordReset({ email: person.email }));

  const token = await sentToken(person.email);
  const answer = ok(await person.auth.resetPassword({ token, newPassword: NEW_PASSWORD }));

  assert.equal(answer.twoFactorRedirect, false);
  refused(await person.auth.listSessions(), 401, "UNAUTHORIZED");
  assert.equal(await isSignedIn(await givePassword(person, person, NEW_PASSWORD)), true);
});

test("sendVerificationEmail sends a link that verifies the address, together with the password", async () => {
  const { auth, email } = await signUp();
  ok(await auth.sendVerificationEmail({ email }));

  // A mail scanner follows the link.
  const token = await sentToken(email, "email-verification");
  const followed = await fetch(`${BASE_URL}/verify-email?token=${token}`);
  assert.equal(followed.status, 401);
  assert.equal(ok(await auth.getSession()).user.emailVerified, false);

  await verifyAddress(BASE_URL, email, PASSWORD);
  assert.equal(ok(await auth.getSession()).user.emailVerified, true);
});

test("a reset removes what was set up by whoever never proved that the address is theirs", async () => {
  const stranger = await enrolled();
  const { auth, redirects } = device();
  ok(await auth.requestPasswordReset({ email: stranger.email }));
  const token = await sentToken(stranger.email);

  const answer = ok(await auth.resetPassword({ token, newPassword: NEW_PASSWORD }));

  assert.equal(answer.twoFactorRedirect, false);
  assert.deepEqual(redirects, []);
  await assertSignedOut(stranger.auth);
  assert.equal(await isSignedIn(await givePassword(stranger, undefined, NEW_PASSWORD)), true);
});

test("updateUser changes the name and the image, and removes the image", async () => {
  const { auth } = await signUp();
  const image = "https://example.com/ada.png";
  ok(await auth.updateUser({ name: "Ada Lovelace", image }));
  const { user } = ok(await auth.getSession());
  assert.deepEqual([user.name, user.image], ["Ada Lovelace", image]);

  ok(await auth.updateUser({ image: null }));

  assert.equal(ok(await auth.getSession()).user.image, null);
});

test("deleteUser takes the password and leaves nothing", async () => {
  const person = await signUp();
  refused(await person.auth.deleteUser({ password: "not my password" }), 400, "INVALID_PASSWORD");
  await assertSignedIn(person.auth, person.email);

  ok(await person.auth.deleteUser({ password: PASSWORD }));

  await assertSignedOut(person.auth);
  refused((await givePassword(person)).answer, 401, "INVALID_EMAIL_OR_PASSWORD");
});
