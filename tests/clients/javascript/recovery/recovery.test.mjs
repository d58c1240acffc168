// Every second factor is lost. Nobody waits for days here: an operator lets the waiting time end, by OPERATOR's command.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { sentToken } from "../../node/outbox.mjs";
import { phone } from "../../node/phone.mjs";
import { verifyAddress } from "../../node/verification.mjs";
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
} from "../person.mjs";

/** Have lost the authenticator app, and have begun a recovery by the link that was mailed. */
async function recovering() {
  const person = await enrolled();
  await verifyAddress(BASE_URL, person.email, PASSWORD);
  const { auth } = await givePassword(person);
  assert.deepEqual(ok(await auth.twoFactor.beginRecovery()), { status: true });
  const elsewhere = device();
  const token = await sentToken(person.email, "recovery-requested");
  const { dueAt } = ok(await elsewhere.auth.twoFactor.openRecovery({ token }));
  assert.ok(Date.parse(dueAt) > Date.now());
  return { person, elsewhere };
}

function endWaiting({ email }) {
  const { OPERATOR, FOLDER } = process.env;
  const options = { cwd: FOLDER, stdio: "pipe" };
  execFileSync(OPERATOR, ["recovery", "shorten", email, "--reason", "Seen with their passport."], options);
}

test("a recovery is completed, and a new second factor signs in", async () => {
  const { person, elsewhere } = await recovering();
  const early = await sentToken(person.email, "recovery-opened");
  refused(await elsewhere.auth.twoFactor.completeRecovery({ token: early, password: PASSWORD }), 400, "INVALID_TOKEN");
  endWaiting(person);
  const token = await sentToken(person.email, "recovery-due");
  refused(
    await elsewhere.auth.twoFactor.completeRecovery({ token, password: "not the password" }),
    401,
    "INVALID_EMAIL_OR_PASSWORD",
  );

  const { methods } = ok(await elsewhere.auth.twoFactor.completeRecovery({ token, password: PASSWORD }));

  assert.deepEqual(methods, ["passkey", "totp", "otp"]);
  await assertSignedOut(person.auth);
  await assertSignedOut(elsewhere.auth);
  // The client holds the enrolment token, and sends it by itself.
  const { totpURI } = ok(await elsewhere.auth.twoFactor.enable({ password: PASSWORD }));
  ok(await elsewhere.auth.twoFactor.verifyTotp({ code: phone(totpURI)() }));
  await assertSignedIn(elsewhere.auth, person.email);
  refused(await elsewhere.auth.twoFactor.completeRecovery({ token, password: PASSWORD }), 400, "INVALID_TOKEN");
});

test("a recovery is cancelled by the link of its first mail, and the factors stay", async () => {
  const { person, elsewhere } = await recovering();

  const token = await sentToken(person.email, "recovery-opened");
  assert.deepEqual(ok(await elsewhere.auth.twoFactor.cancelRecovery({ token })), { status: true });

  assert.equal(ok((await givePassword(person)).answer).twoFactorRedirect, true);
  refused(await elsewhere.auth.twoFactor.cancelRecovery({ token }), 400, "RECOVERY_ENDED");
});

test("the link of a second sign-in finds the recovery that is open", async () => {
  const { person, elsewhere } = await recovering();
  const { auth } = await givePassword(person);
  ok(await auth.twoFactor.beginRecovery());

  const token = await sentToken(person.email, "recovery-requested", 2);

  refused(await elsewhere.auth.twoFactor.openRecovery({ token }), 409, "RECOVERY_ALREADY_OPEN");
});
