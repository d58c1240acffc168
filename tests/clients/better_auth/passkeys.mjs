// The client of a front end that was written for Better Auth's passkeys, for the tests to call in a browser.
import { createAuthClient } from "better-auth/client";
import { passkeyClient } from "@better-auth/passkey/client";

globalThis.auth = createAuthClient({ plugins: [passkeyClient()] });
