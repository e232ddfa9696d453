/** The routes that no client of ours covers, asked as who we are. Errors are the client's own. */

import { SwitchboardError } from "../clients/js/index.js";

const PAGE = 100;
const AGAIN_MS = 2000; // an extraction that was not done at once takes some seconds more

export class Api {
  constructor(who) {
    this.who = who;
  }

  async ask(method, path, body) {
    const answer = await this.open(method, path, body, this.who.headers());
    this.who.keep(answer.headers.get("x-guest-token"));
    return answer.json();
  }

  /** Return the answer itself, for whoever reads it as it comes. Throws SwitchboardError. */
  async open(method, path, body, headers, signal) {
    const kind = body ? { "content-type": "application/json" } : {};
    const request = { method, headers: { ...headers, ...kind }, body: body && JSON.stringify(body), signal };
    const answer = await fetch(this.who.api + path, request).catch((cause) => {
      throw new SwitchboardError("network_error", "The API could not be reached.", { cause });
    });
    if (answer.ok) return answer;
    const { error = {} } = await answer.json().catch(() => ({}));
    throw new SwitchboardError(error.code ?? "unexpected_answer", error.message ?? `The API answered ${answer.status}.`, {
      status: answer.status,
      requestId: error.request_id,
      retryAfter: error.retry_after,
      details: error.details,
    });
  }

  session(id) { return this.ask("GET", `/session/${id}`); }
  end(id) { return this.ask("POST", `/session/${id}/end`); }
  log(id) { return this.ask("GET", `/realtime/logs/${id}`); }
  memories() { return this.ask("GET", "/memories"); }
  optOut(optOut) { return this.ask("POST", "/memories/opt-out", { optOut }); }
  forget(memoryId) { return this.ask("DELETE", `/memories/${memoryId}`); }

  /** Every item of the transcript, page by page. */
  async transcript(id) {
    const items = [];
    let cursor = null;
    do {
      const query = new URLSearchParams({ limit: PAGE, ...(cursor && { cursor }) });
      const page = await this.ask("GET", `/session/${id}/transcript?${query}`);
      items.push(...page.items);
      cursor = page.cursor;
    } while (cursor);
    return items;
  }

  /** The profile; an extraction that takes longer is asked for until it is done. */
  async extract(sessionId) {
    let found = await this.ask("POST", "/extract-profile", { sessionId });
    while (found.status === "running") {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      found = await this.ask("GET", `/extract-profile/${found.extractionId}`);
    }
    return found;
  }
}
