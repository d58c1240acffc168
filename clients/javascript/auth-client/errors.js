/** Why there is no data: a refusal of the server, or no answer that could be read. It holds nothing secret. */
export class AuthError extends Error {
  /**
   * @param {number} status The HTTP status; 0 when no answer came.
   * @param {string} code The stable name of the reason.
   * @param {string} message A sentence for a person.
   * @param {number | null} retryAfter Seconds to wait before another try has a chance, where that is known.
   * @param {{ cause?: unknown }} [options] What your own storage threw.
   */
  constructor(status, code, message, retryAfter = null, options) {
    super(message, options);
    this.name = "AuthError";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}
