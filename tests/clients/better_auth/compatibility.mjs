// Calls every method of better-auth's client at the server on ORIGIN, as a page in a browser and each where it should
// succeed; writes what was sent and what came back, one JSON object a line.
import { browser } from "../node/browser.mjs";
import { sentCode, sentToken } from "../node/outbox.mjs";
import { phone } from "../node/phone.mjs";
import { device } from "./person.mjs";

const { ORIGIN } = process.env;
const name = "Ada";
const email = "ada@example.com";
const passwords = { first: "correct horse battery staple", second: "staple battery horse correct" };

/** Return the names of the fields of an answer, with those of the objects in it. */
function fieldsOf(value, prefix = "") {
  if (Array.isArray(value)) return value.length ? fieldsOf(value[0], `${prefix}[]`) : [`${prefix}[]`];
  if (value === null || typeof value !== "object" || value instanceof Date) return prefix ? [prefix] : [];
  return Object.entries(value).flatMap(([field, inner]) => fieldsOf(inner, prefix ? `${prefix}.${field}` : field));
}

/** Return what calls the methods of a client of its own by their names, and writes each outcome with its circumstances. */
function page() {
  const { fetch, jar } = browser(ORIGIN);
  let exchanged;
  const customFetchImpl = async (url, init) => {
    const response = await fetch(url, init);
    exchanged = { verb: init.method, path: new URL(url).pathname.replace("/api/auth", ""), status: response.status };
    return response;
  };
  const { auth } = device({ fetchOptions: { customFetchImpl }, jar });
  return async (method, argument, when = "") => {
    const { data, error } = await method.split(".").reduce((at, part) => at[part], auth)(argument);
    const fields = fieldsOf(data).sort();
    console.log(JSON.stringify({ method, when, ...exchanged, code: error?.code ?? null, fields }));
    return data;
  };
}

async function account(call, elsewhere) {
  await call("signUp.email", { name, email, password: passwords.first });
  await call("getSession");
  await call("updateUser", { name: "Ada Lovelace" });
  await call("sendVerificationEmail", { email });
  const link = { query: { token: await sentToken(email, "email-verification") } };
  await elsewhere("verifyEmail", link, "signed out");
  await call("verifyEmail", link);
  await call("changePassword", { currentPassword: passwords.first, newPassword: passwords.second });
  const { token: its } = await elsewhere("signIn.email", { email, password: passwords.second });
  const sessions = await call("listSessions");
  const { session: own } = await call("getSession");
  const other = sessions.find(({ id, token }) => token === its || id !== own.id);
  await call("revokeSession", { token: other.token });
  await call("revokeOtherSessions");
  await neighbours(call);
  await elsewhere("requestPasswordReset", { email });
  await elsewhere("resetPassword", { token: await sentToken(email), newPassword: passwords.first });
}

async function neighbours(call) {
  await call("signIn.social", { provider: "github", disableRedirect: true });
  await call("linkSocial", { provider: "github", disableRedirect: true });
  await call("listAccounts");
  await call("unlinkAccount", { providerId: "github" });
  await call("refreshToken", { providerId: "github" });
  await call("getAccessToken", { providerId: "github" });
  await call("accountInfo", { query: { providerId: "github" } });
  await call("updateSession", { theme: "dark" });
  await call("changeEmail", { newEmail: "lovelace@example.com" });
}

async function secondFactor(call) {
  const password = passwords.first;
  const signIn = (when) => call("signIn.email", { email, password }, when);
  const again = async () => (await call("signOut")) && signIn("a second factor is due");
  await signIn();
  const { totpURI } = await call("twoFactor.enable", { password });
  const show = phone(totpURI);
  await call("twoFactor.verifyTotp", { code: show() }, "to turn it on");
  await call("twoFactor.getTotpUri", { password });
  const { backupCodes } = await call("twoFactor.generateBackupCodes", { password });
  await again();
  await call("twoFactor.sendOtp");
  await call("twoFactor.verifyOtp", { code: await sentCode(email) });
  await again();
  await call("twoFactor.verifyBackupCode", { code: backupCodes[0] });
  await again();
  await call("twoFactor.verifyTotp", { code: show(1), trustDevice: true });
  await trusted(call, signIn, password, backupCodes);
}

async function trusted(call, signIn, password, backupCodes) {
  const when = "on a trusted device";
  await call("signOut");
  await signIn(when);
  const renewed = await call("twoFactor.generateBackupCodes", { password }, when);
  const [, code] = renewed?.backupCodes ?? backupCodes;
  await call("twoFactor.verifyBackupCode", { code }, "in a session");
  await call("twoFactor.disable", { password });
  await call("revokeSessions");
  await signIn();
  await call("deleteUser.callback", { query: { token: "of-no-mail" } });
  await call("deleteUser", { password });
}

const call = page();
await account(call, page());
await secondFactor(call);
