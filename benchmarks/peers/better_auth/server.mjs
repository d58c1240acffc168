// better-auth as its documentation sets it up: node:http, e-mail and password, two-factor, bearer tokens.
//
// Off is what would measure something else: limits by address (every request comes from one) and telemetry.
// SQLite gets the journal and the durability that the other servers run with.
import { appendFile } from "node:fs/promises";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";

import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { bearer, twoFactor } from "better-auth/plugins";
import pg from "pg";

const { BENCH_DATABASE_URL, BENCH_SECRET, BENCH_MAIL_FILE, BENCH_ORIGIN } = process.env;

function openDatabase(url) {
  if (!url.startsWith("sqlite:///")) return new pg.Pool({ connectionString: url });
  const database = new DatabaseSync(url.slice("sqlite:///".length));
  database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
  return database;
}

const options = {
  baseURL: BENCH_ORIGIN,
  secret: BENCH_SECRET,
  database: openDatabase(BENCH_DATABASE_URL),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
  plugins: [
    bearer(),
    twoFactor({
      otpOptions: {
        sendOTP: ({ user, otp }) =>
          appendFile(BENCH_MAIL_FILE, `${JSON.stringify({ to: user.email, kind: "two-factor-otp", code: otp })}\n`),
      },
    }),
  ],
};

const { runMigrations } = await getMigrations(options);
await runMigrations();
const server = createServer(toNodeHandler(betterAuth(options)));
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => {
  console.log(`API http://localhost:${server.address().port}/api/auth`);
});
process.on("SIGTERM", () => process.exit(0));
