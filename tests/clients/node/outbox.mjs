// The mails the server has sent, one JSON object a line in the file ATHENA_MAIL_URL names.
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 10_000;

/** Wait for the nth mail with a code to this address and return its code. */
export async function sentCode(email, nth = 1) {
  return (await mailOf("two-factor-otp", email, nth)).code;
}

/** Wait for the nth mail with a link, one that sets a new password unless another kind is asked for; return its token. */
export async function sentToken(email, kind = "password-reset", nth = 1) {
  const { url } = await mailOf(kind, email, nth);
  return new URL(url).searchParams.get("token");
}

async function mailOf(kind, email, nth = 1) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const lines = (await readFile(process.env.OUTBOX, "utf8")).split("\n").filter(Boolean);
    const mails = lines.map((line) => JSON.parse(line)).filter((sent) => sent.to === email && sent.kind === kind);
    if (mails.length >= nth) return mails[nth - 1];
    await pause(20);
  }
  throw new Error(`no mail of the kind ${kind} for ${email} arrived`);
}
