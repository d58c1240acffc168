// What the compiler must let pass, and what it must not: an unused `@ts-expect-error` is an error itself.
import { AuthError, client, createAuthClient } from "../../../clients/javascript/auth-client.js";
import type { Client, ErrorCode, Result, TwoFactorMethod, User } from "../../../clients/javascript/auth-client.js";

const { auth }: Client = createAuthClient({
  baseURL: new URL("https://auth.example.com/api/auth"),
  storage: localStorage,
  onTwoFactorRedirect: ({ methods }) => methods.includes("totp"),
});

export async function signIn(email: string, password: string): Promise<User | TwoFactorMethod[]> {
  const { data, error } = await auth.signIn.email({ email, password, rememberMe: "true" });
  if (error) throw new Error(`${error.code}: ${error.message}`, { cause: error.retryAfter });
  if (data.twoFactorRedirect) return data.twoFactorMethods;
  if (data.enrolmentRequired) return data.methods;
  return data.user;
}

export async function thrown(): Promise<User | undefined> {
  const { data } = await client.auth.getSession({ throw: true, signal: AbortSignal.timeout(1000) });
  return data?.user;
}

export const result: Promise<Result<{ status: true }>> = auth.twoFactor.sendOtp();
export const refusal = new AuthError(429, "TOO_MANY_REQUESTS", "Wait.", 30) satisfies Error;

export function advise(error: AuthError): string {
  const codes: readonly ErrorCode[] = ["INVALID_CODE", "ACCOUNT_TEMPORARILY_LOCKED", "TOKEN_STORE_FAILED"];
  if (codes.includes(error.code)) return "known";
  switch (error.code) {
    case "INVALID_BACKUP_CODE":
      return "another backup code";
    // @ts-expect-error: no server has this code.
    case "INVALID_COED":
    default:
      return error.message;
  }
}

export async function mistakes(): Promise<void> {
  // @ts-expect-error: there is a code or there is no call.
  await auth.twoFactor.verifyTotp({});
  // @ts-expect-error: a code is text; 012345 is no number.
  await auth.twoFactor.verifyTotp({ code: 123456 });
  // @ts-expect-error: no such method.
  await auth.twoFactor.enable({ password: "", method: "sms" });
  // @ts-expect-error: no such call.
  await auth.twoFactor.verifyTotpCode({ code: "123456" });
  // @ts-expect-error: sendOtp takes no body.
  await auth.twoFactor.sendOtp({ code: "123456" });
  // @ts-expect-error: no such code.
  void new AuthError(401, "INVALID_COED", "");
  const enabled = await auth.twoFactor.enable({ password: "" });
  // @ts-expect-error: there may be an error instead of data.
  void enabled.data.backupCodes;
  const signedIn = await auth.signIn.email({ email: "", password: "" }, { throw: true });
  // @ts-expect-error: a second factor may be due, and nobody signed in.
  void signedIn.data.user;
  const session = await auth.getSession({ throw: true });
  // @ts-expect-error: nobody may be signed in.
  void session.data.user;
  // @ts-expect-error: there is an address to every account.
  await auth.signUp.email({ name: "Ada", password: "" });
}
