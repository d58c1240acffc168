// Better Auth's own server, in memory and with what its client has methods for turned on. Mails go to OUTBOX, in the
// form of this project's server. With PASSKEYS it has passkeys too. It writes its origin when it is ready, and ends with its standard input; a line there
// says whose sessions are to be older.
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import { passkey } from "@better-auth/passkey";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { bearer, twoFactor } from "better-auth/plugins";

const mail = (to, kind, content) => appendFileSync(process.env.OUTBOX, `${JSON.stringify({ to, kind, ...content })}\n`);
const link = (kind) => async ({ user, token }) => mail(user.email, kind, { url: `http://localhost/?token=${token}` });

const tables = Object.fromEntries(["user", "session", "account", "verification", "twoFactor", "passkey"].map((name) => [name, []]));

/** Move the sessions of an account into the past, as if so many seconds had gone by. */
function ageSessions({ email, seconds }) {
  const { id } = tables.user.find((user) => user.email === email);
  for (const session of tables.session.filter(({ userId }) => userId === id)) {
    for (const time of ["createdAt", "updatedAt", "expiresAt"]) {
      session[time] = new Date(session[time].getTime() - seconds * 1000);
    }
  }
}

function original(origin) {
  return betterAuth({
    baseURL: origin,
    secret: "of-the-original-and-of-nobody-else",
    database: memoryAdapter(tables),
    // A proxy in front of it may have another name, and the browser knows only that one.
    trustedOrigins: async (request) => (request ? [`http://${request.headers.get("host")}`] : []),
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    user: { deleteUser: { enabled: true }, changeEmail: { enabled: true } },
    emailAndPassword: { enabled: true, sendResetPassword: link("password-reset") },
    emailVerification: { sendVerificationEmail: link("email-verification") },
    plugins: [
      bearer(),
      twoFactor({ otpOptions: { sendOTP: async ({ user, otp }) => mail(user.email, "two-factor-otp", { code: otp }) } }),
      ...(process.env.PASSKEYS ? [passkey()] : []),
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
createInterface({ input: process.stdin })
  .on("line", (line) => ageSessions(JSON.parse(line)) ?? console.log("done"))
  .on("close", () => server.closeAllConnections() ?? server.close());
