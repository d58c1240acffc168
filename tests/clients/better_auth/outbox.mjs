// The mails the server has sent, one JSON object a line in the file ATHENA_MAIL_URL names.
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 10_000;

/** Wait for a mail with a code to this address and return its code. */
export async function sentCode(email) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const lines = (await readFile(process.env.OUTBOX, "utf8")).split("\n").filter(Boolean);
    const mail = lines.map((line) => JSON.parse(line)).find(({ to, code }) => to === email && code);
    if (mail) return mail.code;
    await pause(20);
  }
  throw new Error(`no code for ${email} arrived`);
}
