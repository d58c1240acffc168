// What better-auth's types promise of each answer, and what our server answered, for the compiler to compare:
// `Promised` is inferred from its own declarations by the calls below; run, they print what came.
import { randomUUID } from "node:crypto";

import { createAuthClient } from "better-auth/client";
import { twoFactorClient } from "better-auth/client/plugins";

import { sentCode, sentToken } from "../../node/outbox.mjs";
import { phone } from "../../node/phone.mjs";
import { verifyAddress } from "../../node/verification.mjs";
import { ORIGIN, PASSWORD, device, enrolled, givePassword, signUp } from "../person.mjs";
import type { Carried, IsLax } from "./carried.mts";
import { source } from "./source.mjs";

const NEW_PASSWORD = "staple battery horse correct";

const client = (baseURL: string) => createAuthClient({ baseURL, plugins: [twoFactorClient()] });
type Auth = ReturnType<typeof client>;
type Told = Parameters<NonNullable<NonNullable<Parameters<typeof twoFactorClient>[0]>["onTwoFactorRedirect"]>>[0];

// What person.mjs makes, which has no types: this very client.
type Device = { auth: Auth; redirects: Required<Told>[] };
type Person = Device & { email: string };
type Enrolled = Person & { backupCodes: string[]; nextCode: () => string; wrongCode: string };

type Failure = { status: number; statusText: string; code?: string; message?: string };
type Answer<T> = { data: T | null; error: Failure | null };
/** A refusal with all that may be in one, and a code for which the client has words. */
type Refusal = Required<Failure> & { code: keyof Auth["$ERROR_CODES"] };

export type Promised = Carried<Awaited<ReturnType<typeof everything>>>;
export const promisesSomethingEverywhere: true extends IsLax<Promised> ? false : true = true;

function ok<T>({ data, error }: Answer<T>): T {
  if (data === null) throw new Error(JSON.stringify(error));
  return data;
}

function refused({ error }: Answer<unknown>): Refusal {
  if (error === null) throw new Error("this was not refused");
  return error as Refusal;
}

const somebody = (): Promise<Person> => signUp() as Promise<any>;
const withAnApp = (): Promise<Enrolled> => enrolled() as Promise<any>;
const on = (person: Person, known?: Device): Promise<Device> => givePassword(person, known as any) as Promise<any>;

async function enrolment() {
  const { auth }: Device = device() as any;
  const who = { name: "Ada", email: `ada-${randomUUID()}@example.com`, password: PASSWORD };
  const signUpEmail = ok(await auth.signUp.email(who));
  const getTotpUriTooEarly = refused(await auth.twoFactor.getTotpUri({ password: PASSWORD }));
  const enable = ok(await auth.twoFactor.enable({ password: PASSWORD }));
  const getTotpUri = ok(await auth.twoFactor.getTotpUri({ password: PASSWORD }));
  const verifyTotp = ok(await auth.twoFactor.verifyTotp({ code: phone(getTotpUri.totpURI)() }));
  const generateBackupCodes = ok(await auth.twoFactor.generateBackupCodes({ password: PASSWORD }));
  const getSessionEnrolled = ok(await auth.getSession());
  const disable = ok(await auth.twoFactor.disable({ password: PASSWORD }));
  const other = await somebody();
  const enableOtp = ok(await other.auth.twoFactor.enable({ password: PASSWORD, method: "otp" }));
  return {
    ...{ signUpEmail, getTotpUriTooEarly, enable, getTotpUri, verifyTotp, generateBackupCodes },
    ...{ getSessionEnrolled, disable, enableOtp },
  };
}

async function secondSteps() {
  const person = await withAnApp();
  const [byMail, byBackupCode, byApp] = [await on(person), await on(person), await on(person)];
  const [code] = person.backupCodes;
  const sendOtp = ok(await byMail.auth.twoFactor.sendOtp());
  const verifyOtp = ok(await byMail.auth.twoFactor.verifyOtp({ code: await sentCode(person.email) }));
  const verifyBackupCode = ok(await byBackupCode.auth.twoFactor.verifyBackupCode({ code: code! }));
  const verifyBackupCodeAgain = refused(await (await on(person)).auth.twoFactor.verifyBackupCode({ code: code! }));
  const verifyTotpDue = ok(await byApp.auth.twoFactor.verifyTotp({ code: person.nextCode() }));
  return {
    ...{ onTwoFactorRedirect: byMail.redirects, sendOtp, verifyOtp, verifyBackupCode, verifyBackupCodeAgain },
    ...{ verifyTotpDue, ...(await lock()) },
  };
}

async function lock() {
  const person = await withAnApp();
  const { auth } = await on(person);
  const guess = async (at: Auth) => refused(await at.twoFactor.verifyTotp({ code: person.wrongCode }));
  const wrong = [];
  for (let n = 0; n < 5; n += 1) wrong.push(await guess(auth));
  return { wrong, tooManyOfOneSignIn: await guess(auth), locked: await guess((await on(person)).auth) };
}

async function sessions() {
  const person = await somebody();
  const { auth } = person;
  const signInEmail = ok(await auth.signIn.email({ email: person.email, password: PASSWORD }));
  await on(person);
  const listSessions = ok(await auth.listSessions());
  const current = ok(await auth.getSession());
  const other = listSessions.find(({ id }) => id !== current.session.id)!;
  const revokeSession = ok(await auth.revokeSession({ token: other.token }));
  const revokeOtherSessions = ok(await auth.revokeOtherSessions());
  const revokeSessions = ok(await auth.revokeSessions());
  await on(person, person);
  const signOut = ok(await auth.signOut());
  return {
    ...{ signInEmail, listSessions, getSession: current, revokeSession, revokeOtherSessions, revokeSessions },
    signOut,
  };
}

async function account() {
  const person = await somebody();
  const { auth, email } = person;
  const updateUser = ok(await auth.updateUser({ name: "Ada Lovelace", image: "https://example.com/ada.png" }));
  const sendVerificationEmail = ok(await auth.sendVerificationEmail({ email }));
  const verifyEmail = ok(await auth.verifyEmail({ query: { token: (await sentToken(email, "email-verification"))! } }));
  const secrets = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD, revokeOtherSessions: true };
  const changePassword = ok(await auth.changePassword(secrets));
  const getSessionWithImage = ok(await auth.getSession());
  const deleteUser = ok(await auth.deleteUser({ password: NEW_PASSWORD }));
  return {
    ...{ updateUser, sendVerificationEmail, verifyEmail, changePassword, getSessionWithImage, deleteUser },
    ...(await reset()),
  };
}

async function reset() {
  const [without, person] = [await somebody(), await withAnApp()];
  // Else the reset would remove the second factor.
  await verifyAddress(`${ORIGIN}/api/auth`, person.email, PASSWORD);
  const requestPasswordReset = ok(await without.auth.requestPasswordReset({ email: without.email }));
  await person.auth.requestPasswordReset({ email: person.email });
  const set = async ({ auth, email }: Person) =>
    ok(await auth.resetPassword({ token: (await sentToken(email))!, newPassword: NEW_PASSWORD }));
  const resetPassword = await set(without);
  const resetPasswordDue = await set(person);
  return { requestPasswordReset, resetPassword, resetPasswordDue, onTwoFactorRedirectByReset: person.redirects };
}

async function everything() {
  return { ...(await enrolment()), ...(await secondSteps()), ...(await sessions()), ...(await account()) };
}

if (import.meta.main) console.log(source(await everything()));
