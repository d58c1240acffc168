/**
 * Passkeys: the server's options go to the browser, and the authenticator's response goes back (WebAuthn level 3).
 *
 * A user who cancels is an ordinary outcome: like every failure of a ceremony, it is the `error` of the call.
 */
import { AuthError } from "./errors.js";

/**
 * @typedef {import("./answers.js").Answer} Answer
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {(connection: Connection, wanted: any, signal?: AbortSignal) => Promise<Answer>} Ceremony
 */

const SECOND_STEP = { isSecondStep: true };
/** How a ceremony ends without a passkey, by the name of what the browser throws. */
const ENDINGS = /** @type {Record<string, [import("./errors.js").ErrorCode, string]>} */ ({
  AbortError: ["ABORTED", "The request was given up."],
  TimeoutError: ["TIMEOUT", "No passkey was used in time."],
  // Browsers do not say which of these it was, so that no site learns which passkeys exist (section 14.5).
  NotAllowedError: ["PASSKEY_CANCELLED", "No passkey was used. It was cancelled or took too long, or there is none on this device."],
  InvalidStateError: ["PREVIOUSLY_REGISTERED", "This device already has a passkey for this account."],
  NotSupportedError: ["PASSKEY_NOT_SUPPORTED", "No authenticator here can make such a passkey."],
});

/**
 * Ends the offer in the autofill of a field. A browser has one ceremony at a time, and this one waits for as long as the page
 * is open, so the next one ends it.
 *
 * @type {AbortController | null}
 */
let offer = null;

/** @type {Ceremony} */
export async function addPasskey(connection, { name, useAutoRegister = false, ...wanted }, signal) {
  await requireSupport("parseCreationOptionsFromJSON", useAutoRegister && canRegisterByItself);
  endOffer();
  const mediation = useAutoRegister ? "conditional" : undefined;
  const begun = await connection.attempt("POST", "/passkey/generate-register-options", wanted, {}, signal);
  if (begun.error) return begun;
  const response = await create(begun.data, { mediation, signal });
  return connection.attempt("POST", "/passkey/verify-registration", { response, name, mediation }, {}, signal);
}

/** @type {Ceremony} */
export async function signInWithPasskey(connection, { autoFill = false }, signal) {
  if (connection.isBearer) {
    const message = "Signing in with a passkey alone needs a client that uses cookies.";
    throw new AuthError(0, "PASSKEY_NOT_SUPPORTED", message);
  }
  await requireSupport("parseRequestOptionsFromJSON", autoFill && canOffer);
  endOffer();
  const own = autoFill ? (offer = new AbortController()) : null;
  const until = own ? AbortSignal.any([own.signal, ...(signal ? [signal] : [])]) : signal;
  const begun = await connection.attempt("GET", "/passkey/generate-authenticate-options", undefined, {}, until);
  if (begun.error) return begun;
  const response = await use(begun.data, { mediation: own ? "conditional" : undefined, signal: until });
  // The user has chosen: another ceremony must not give up a request that may have signed them in.
  if (offer === own) offer = null;
  return connection.attempt("POST", "/passkey/verify-authentication", { response }, {}, signal);
}

/** @type {Ceremony} */
export async function verifyPasskey(connection, { options, trustDevice }, signal) {
  await requireSupport(options ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON");
  endOffer();
  let response;
  if (options) {
    response = await create(options, { signal });
  } else {
    const prompted = await connection.attempt("POST", "/two-factor/prompt-passkey", {}, SECOND_STEP, signal);
    if (prompted.error) return prompted;
    response = await use(prompted.data.options, { signal });
  }
  return connection.attempt("POST", "/two-factor/verify-passkey", { response, trustDevice }, SECOND_STEP, signal);
}

function endOffer() {
  offer?.abort();
  offer = null;
}

/**
 * Fail unless the browser has this parser, and what else is needed.
 *
 * @param {"parseCreationOptionsFromJSON" | "parseRequestOptionsFromJSON"} parser
 * @param {false | undefined | (() => Promise<boolean | undefined>)} [isAble]
 */
async function requireSupport(parser, isAble) {
  if (typeof globalThis.PublicKeyCredential?.[parser] === "function" && (!isAble || (await isAble()))) return;
  throw new AuthError(0, "PASSKEY_NOT_SUPPORTED", "Passkeys cannot be used in this way here.");
}

const canOffer = async () => PublicKeyCredential.isConditionalMediationAvailable?.();
// A browser that does not know `mediation` of `create` would ask its user at once.
const canRegisterByItself = async () => (await PublicKeyCredential.getClientCapabilities?.())?.conditionalCreate;

/** @param {any} options @param {object} more */
function create(options, more) {
  return perform(() => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return navigator.credentials.create({ publicKey, ...more });
  });
}

/** @param {any} options @param {{ mediation?: CredentialMediationRequirement, signal?: AbortSignal }} more */
function use(options, more) {
  return perform(() => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    return navigator.credentials.get({ publicKey, ...more });
  });
}

/** @param {() => Promise<any>} ceremony @returns {Promise<object>} The authenticator's response, as the server reads it. */
async function perform(ceremony) {
  try {
    return (await ceremony()).toJSON();
  } catch (/** @type {any} */ cause) {
    const [code, message] = ENDINGS[cause?.name] ?? ["PASSKEY_FAILED", "The browser could not use a passkey for this site."];
    throw new AuthError(0, code, message, null, { cause });
  }
}
