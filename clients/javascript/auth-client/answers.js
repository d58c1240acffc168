/** What came back for a request: the server's answer, a proxy's, or none. */
import { AuthError } from "./errors.js";

/** @typedef {{ data: any, error: AuthError | null, minted: string | null }} Answer `minted`: the session's new token. */

/** What proxies refuse with in words of their own, often as a page, by status. */
const OF_PROXIES = /** @type {Record<number, string>} */ ({
  429: "TOO_MANY_REQUESTS", 502: "BAD_GATEWAY", 503: "SERVICE_UNAVAILABLE", 504: "GATEWAY_TIMEOUT",
});
/** The three forms of RFC 9110 section 5.6.7; the last one is in UTC too. */
const HTTP_DATE = /^([A-Z][a-z]+, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} [\d:]{8} GMT|([A-Z][a-z]{2} ){2}[ \d]\d [\d:]{8} \d{4})$/;

/** @param {Response} response @param {string} text @returns {Answer} */
export function read(response, text) {
  const minted = response.headers.get("set-auth-token");
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined; // Whatever answered, it was not the server: a proxy's own page, for one.
  }
  if (response.ok && body !== undefined) return { data: body, error: null, minted };
  let { code, message } = body ?? {};
  if (typeof code !== "string" || typeof message !== "string") {
    code = OF_PROXIES[response.status] ?? "UNEXPECTED_ANSWER";
    message = code === "UNEXPECTED_ANSWER"
      ? "Something else than the authentication server answered; check the base URL."
      : "The server cannot answer now, says a proxy in front of it. Try again later.";
  }
  return { data: null, error: new AuthError(response.status, code, message, retryAfter(response)), minted: null };
}

/** @param {Response} response */
function retryAfter({ headers }) {
  const text = headers.get("retry-after") ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const until = httpDate(text);
  // By the clock that wrote the date, where the answer says what it shows: this one may be wrong.
  const now = httpDate(headers.get("date") ?? "") || Date.now();
  return Number.isNaN(until) ? null : Math.max(0, Math.ceil((until - now) / 1000));
}

/** @param {string} text @returns {number} Milliseconds since 1970; NaN where it is no date. */
function httpDate(text) {
  return HTTP_DATE.test(text) ? Date.parse(text.replace(/( GMT)?$/, " GMT")) : NaN;
}

/** @param {any} failure What `fetch` threw. It is not handed on: it may quote the header it choked on. */
export function unanswered(failure) {
  if (failure?.name === "AbortError") return new AuthError(0, "ABORTED", "The request was given up.");
  if (failure?.name === "TimeoutError") return new AuthError(0, "TIMEOUT", "The server did not answer in time.");
  const reason = /^[A-Z_]+$/.test(failure?.cause?.code) ? ` (${failure.cause.code})` : "";
  return new AuthError(0, "NETWORK_ERROR", `The server could not be reached${reason}.`);
}
