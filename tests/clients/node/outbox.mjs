// The mails the server has sent, one JSON object a line in the file ATHENA_MAIL_URL names.
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 10_000;

/** Wait for a mail with a code to this address and return its code. */
export async function sentCode(email) {
  return (await mailWith("code", email)).code;
}

/** Wait for a mail with a link that sets a new password; return the token it holds. */
export async function sentToken(email) {
  const { url } = await mailWith("url", email);
  return new URL(url).searchParams.get("token");
}

async function mailWith(field, email) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const lines = (await readFile(process.env.OUTBOX, "utf8")).split("\n").filter(Boolean);
    const mail = lines.map((line) => JSON.parse(line)).find((sent) => sent.to === email && sent[field]);
    if (mail) return mail;
    await pause(20);
  }
  throw new Error(`no mail with a ${field} for ${email} arrived`);
}
