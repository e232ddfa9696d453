/** What can go wrong, by a stable `code`: the server's, or one of `network_error`, `call_failed`, `token_failed`, `closed`, `aborted`. */

export class SwitchboardError extends Error {
  constructor(code, message, { status, requestId, retryAfter, details, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SwitchboardError";
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
    this.details = details;
  }

  /** True if the same request may succeed later. */
  get mayHeal() {
    const failed = this.status >= SERVER_ERRORS || this.status === TOO_MANY_REQUESTS;
    return HEALING.has(this.code) || (failed && !FINAL.has(this.code));
  }
}

const HEALING = new Set([
  ...["network_error", "token_failed", "call_failed"],
  ...["throttled", "session_changed", "ticket_spent", "too_many_calls", "too_many_viewers", "chat_session_busy"],
]);
const FINAL = new Set(["quota_exceeded", "upstream_refused", "unreadable_history", "chatkit_not_configured"]);
const TOO_MANY_REQUESTS = 429;
const NOT_NOW = 503;
const SERVER_ERRORS = 500;

/** True if the server refused to begin: nothing was done, and all of it may be asked again. */
export function wasRefused(error) {
  return error.mayHeal && (error.status === TOO_MANY_REQUESTS || error.status === NOT_NOW);
}

/** Return the error of whoever stopped waiting. */
export function aborted(signal) {
  return new SwitchboardError("aborted", "Nobody waits for the answer any more.", { cause: signal.reason });
}

/** Return the error that an answer of the server tells of, whatever stands in it. */
export async function errorOf(answer) {
  const body = await answer.json().catch(() => ({}));
  const told = body?.error ?? {};
  const retryAfter = told.retry_after ?? (Number(answer.headers.get("retry-after")) || undefined);
  const message = told.message ?? `The server answered ${answer.status}.`;
  return new SwitchboardError(told.code ?? "unexpected_answer", message, {
    status: answer.status,
    requestId: told.request_id,
    retryAfter,
    details: told.details,
  });
}
