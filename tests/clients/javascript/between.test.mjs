// What stands between: proxies that answer in words of their own, and storages that fail.
import assert from "node:assert/strict";
import { test } from "node:test";

import { BASE_URL, PASSWORD, ok, refused, signUp } from "./person.mjs";
import { clientOf, slowStorage, somethingElse } from "./elsewhere.mjs";

const REFUSED_BY_PROXIES = [
  [429, "TOO_MANY_REQUESTS"],
  [502, "BAD_GATEWAY"],
  [503, "SERVICE_UNAVAILABLE"],
  [504, "GATEWAY_TIMEOUT"],
];

test("a proxy's own refusal, in whatever words, is an error with its status and its wait", async (t) => {
  for (const [status, code] of REFUSED_BY_PROXIES) {
    for (const body of ["<h1>Later</h1>", "", "null", "[]", '"later"', '{"message": 1, "code": "X"}', '{"message": "X"}']) {
      const answer = (_request, response) => response.writeHead(status, { "retry-after": "7" }).end(body);
      const { signIn } = clientOf({ baseURL: await somethingElse(t, answer) });
      const { retryAfter } = refused(await signIn.email({ email: "ada@example.com", password: PASSWORD }), status, code);
      assert.equal(retryAfter, 7);
    }
  }
});

test("a date to wait for is understood as seconds, and what is neither is unknown", async (t) => {
  process.env.TZ = "America/New_York"; // Dates without a zone are in UTC wherever they are read.
  t.after(() => delete process.env.TZ);
  const waitOf = async (headers) => {
    const answer = (_request, response) => response.writeHead(429, headers).end("<h1>Later</h1>");
    const { getSession } = clientOf({ baseURL: await somethingElse(t, answer) });
    return refused(await getSession(), 429, "TOO_MANY_REQUESTS").retryAfter;
  };
  const date = "Wed, 21 Oct 2026 07:28:00 GMT";
  const waits = {
    "Wed, 21 Oct 2026 07:28:30 GMT": 30,
    "Wednesday, 21-Oct-26 07:29:00 GMT": 60,
    "Wed Oct 21 07:28:05 2026": 5,
    "Wed, 21 Oct 2026 07:27:00 GMT": 0,
    120: 120,
    "Wed, 99 Oct 2026 07:28:30 GMT": null,
    "Wed, 21 Oct 2026 07:28:30 +0200": null,
    "2026-10-21T07:28:30Z": null,
    soon: null,
    "-1": null,
  };
  for (const [until, seconds] of Object.entries(waits)) {
    assert.equal(await waitOf({ date, "retry-after": until }), seconds, until);
  }
  const inTwoDays = new Date(Date.now() + 172_800_000).toUTCString();
  const wait = await waitOf({ "retry-after": inTwoDays, date: "whenever" });
  assert.ok(wait > 0 && wait <= 172_800, String(wait));
});

test("a storage that throws is an error with what it threw, not an exception", async () => {
  const person = await signUp();
  const broken = new Error("the quota is exceeded");
  const fails = () => {
    throw broken;
  };
  const whole = slowStorage();
  const sent = [];
  const counting = (url, init) => sent.push(url) && fetch(url, init);
  for (const [operation, requests] of [["getItem", 0], ["setItem", 1]]) {
    for (const failing of [fails, async () => fails()]) {
      sent.length = 0;
      const { signIn } = clientOf({ baseURL: BASE_URL, storage: { ...whole, [operation]: failing }, fetch: counting });
      const answer = await signIn.email({ email: person.email, password: PASSWORD });
      assert.equal(refused(answer, 0, "TOKEN_STORE_FAILED").cause, broken);
      assert.equal(sent.length, requests);
    }
  }
  const { getSession } = clientOf({ baseURL: BASE_URL, storage: { ...whole, getItem: fails } });
  await assert.rejects(getSession({ throw: true }), { code: "TOKEN_STORE_FAILED", cause: broken });
});

test("a token that is given outlasts a storage that fails once", async () => {
  const { email } = await signUp();
  const { token } = ok(await clientOf({ baseURL: BASE_URL }).signIn.email({ email, password: PASSWORD }));
  const whole = slowStorage();
  let failures = 1;
  const setItem = (key, value) => {
    if (failures-- > 0) throw new Error("the quota is exceeded");
    return whole.setItem(key, value);
  };
  const { getSession, signOut } = clientOf({ baseURL: BASE_URL, token, storage: { ...whole, setItem } });

  refused(await getSession(), 0, "TOKEN_STORE_FAILED");

  assert.equal(ok(await getSession()).user.email, email);
  ok(await signOut());
  assert.equal(ok(await getSession()), null);
  assert.equal(whole.kept.size, 0);
});
