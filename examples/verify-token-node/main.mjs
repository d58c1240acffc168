// Reads tokens, one a line, and says of each whether it is accepted at level LEVEL, with a factor verified in the last
// FRESH seconds.

import { createInterface } from "node:readline";
import { Verifier } from "./verify.mjs";

const { JWKS, ISSUER, AUDIENCE = ISSUER, LEVEL = "1", FRESH = "Infinity" } = process.env;
const verifier = new Verifier({ jwks: JWKS, issuer: ISSUER, audience: AUDIENCE });

for await (const token of createInterface({ input: process.stdin })) {
  try {
    const claims = await verifier.verify(token, { level: Number(LEVEL), fresh: Number(FRESH) });
    console.log(`accepted: ${claims.sub} ${claims.acr} ${claims.amr.join(",")}`);
  } catch (error) {
    console.log(`refused: ${error.message}`);
  }
}
