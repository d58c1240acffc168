// Better Auth's own server, in memory and with what its client has methods for turned on. Mails go to OUTBOX, in the
// form of this project's server. It writes its origin when it is ready, and ends with its standard input.
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";

import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { twoFactor } from "better-auth/plugins";

const mail = (to, kind, content) => appendFileSync(process.env.OUTBOX, `${JSON.stringify({ to, kind, ...content })}\n`);
const link = (kind) => async ({ user, token }) => mail(user.email, kind, { url: `http://localhost/?token=${token}` });

function original(origin) {
  const tables = ["user", "session", "account", "verification", "twoFactor"];
  return betterAuth({
    baseURL: origin,
    secret: "of-the-original-and-of-nobody-else",
    database: memoryAdapter(Object.fromEntries(tables.map((name) => [name, []]))),
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    user: { deleteUser: { enabled: true }, changeEmail: { enabled: true } },
    emailAndPassword: { enabled: true, sendResetPassword: link("password-reset") },
    emailVerification: { sendVerificationEmail: link("email-verification") },
    plugins: [
      twoFactor({ otpOptions: { sendOTP: async ({ user, otp }) => mail(user.email, "two-factor-otp", { code: otp }) } }),
    ],
  });
}

const server = createServer((request, response) => handler(request, response)).listen(0, "localhost", () => {
  const origin = `http://localhost:${server.address().port}`;
  const auth = original(origin);
  handler = toNodeHandler(auth);
  // What a client may call: the rest is for programs on the server, or where a link leads.
  const offered = Object.values(auth.api).filter(
    ({ path, options }) => path && !path.includes(":") && options.metadata?.scope !== "server",
  );
  console.log(JSON.stringify({ origin, paths: offered.map(({ path }) => path) }));
});
let handler;
process.stdin.resume().on("end", () => server.closeAllConnections() ?? server.close());
