// Sign in from a terminal, with the second factor where one is due. See README.md.
import { createInterface } from "node:readline";

import { createAuthClient } from "../../clients/javascript/auth-client.js";
import type { AuthError, TwoFactorMethod } from "../../clients/javascript/auth-client.js";

const { ATHENA_AUTH_BASE_URL, EMAIL = "", PASSWORD = "" } = process.env;
const { auth } = createAuthClient({ baseURL: ATHENA_AUTH_BASE_URL });

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(question: string): Promise<string> {
  process.stdout.write(question);
  const { value, done } = await answers.next();
  return done ? giveUp("Nothing was typed.") : value.trim();
}

function giveUp(why: string): never {
  console.error(why);
  process.exit(1);
}

function refusedBy({ code, message, retryAfter }: AuthError): never {
  return giveUp(`${message} (${code}${retryAfter === null ? "" : `, in ${retryAfter} s`})`);
}

async function secondStep(methods: TwoFactorMethod[]): Promise<void> {
  const { verifyTotp, sendOtp, verifyOtp, verifyBackupCode } = auth.twoFactor;
  const verify = { totp: verifyTotp, otp: verifyOtp, "backup-code": verifyBackupCode };
  const wanted = await ask(`How? (${methods.join(", ")}) `);
  const method = methods.find((offered) => offered === wanted) ?? giveUp("That was not offered.");
  if (method === "passkey") giveUp("A passkey needs a browser.");
  if (method === "otp") {
    const { error } = await sendOtp();
    if (error) refusedBy(error);
  }
  for (;;) {
    const { error } = await verify[method]({ code: await ask("Code: ") });
    if (error === null) return;
    // A mistyped code is asked for again; anything else ends here, a lock with how long it lasts.
    if (error.status !== 401 || error.code === "INVALID_TWO_FACTOR_COOKIE") refusedBy(error);
    console.log(error.message);
  }
}

const { data, error } = await auth.signIn.email({ email: EMAIL, password: PASSWORD });
if (error) refusedBy(error);
if (data.twoFactorRedirect) await secondStep(data.twoFactorMethods);

const { data: current } = await auth.getSession({ throw: true });
console.log(`Signed in as ${current?.user.name} with ${current?.session.amr.join(" and ")}.`);
await auth.signOut();
process.exit(0);
