/** The API's routes as functions. An error of the API is thrown as `ApiError`. */

const GUEST = "switchboard.guest";

export class ApiError extends Error {
  constructor(status, { code = "unknown", message = `The API answered ${status}.`, request_id = "" } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = request_id;
  }
}

export class Api {
  /** On another origin than ours the guest's cookie does not travel: the token is kept and sent as a header. */
  constructor({ api, token }) {
    this.url = api;
    this.token = token;
    this.elsewhere = new URL(api).origin !== location.origin;
  }

  async ask(method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...this.#identity(), ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
    const guest = answer.headers.get("x-guest-token");
    if (guest && this.elsewhere) localStorage.setItem(GUEST, guest);
    const content = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new ApiError(answer.status, content.error);
    return content;
  }

  create(wishes) { return this.ask("POST", "/session", wishes); }
  attach(sessionId, callId) { return this.ask("POST", "/session/call", { sessionId, callId }); }
  renew(sessionId) { return this.ask("POST", "/session/renew", { sessionId }); }
  session(id) { return this.ask("GET", `/session/${id}`); }
  end(id) { return this.ask("POST", `/session/${id}/end`); }
  memories() { return this.ask("GET", "/memories"); }
  forget(memoryId) { return this.ask("DELETE", `/memories/${memoryId}`); }

  /** Every item of the transcript, page by page. */
  async transcript(id) {
    const items = [];
    let cursor = null;
    do {
      const query = cursor ? `?limit=100&cursor=${encodeURIComponent(cursor)}` : "?limit=100";
      const page = await this.ask("GET", `/session/${id}/transcript${query}`);
      items.push(...page.items);
      cursor = page.cursor;
    } while (cursor);
    return items;
  }

  /** The profile; an extraction that takes longer is asked for until it is done. */
  async extract(sessionId) {
    let found = await this.ask("POST", "/extract-profile", { sessionId });
    while (found.extractionId && !found.profile && found.status !== "failed") {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      found = await this.ask("GET", `/extract-profile/${found.extractionId}`);
    }
    return found;
  }

  /** Upload a session's log while the page may be going away. */
  leave(log) {
    const url = `${this.url}/api/realtime/logs`;
    const body = JSON.stringify(log);
    if (!this.elsewhere && !this.token) return navigator.sendBeacon(url, body);
    const headers = { ...this.#identity(), "content-type": "application/json" };
    fetch(url, { method: "POST", body, headers, keepalive: true }).catch(() => {});
    return true;
  }

  #identity() {
    if (this.token) return { authorization: `Bearer ${this.token}` };
    const guest = this.elsewhere && localStorage.getItem(GUEST);
    return guest ? { "x-guest-token": guest } : {};
  }
}
