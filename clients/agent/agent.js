/**
 * Asks Switchboard's text agent and reads its answers as they are written.
 *
 *     const agent = new AgentClient({ baseUrl: "https://api.example.com/prod" });
 *     for await (const event of agent.ask("Where is Lisbon?")) {
 *       if (event.type === "token") output.append(event.content);
 *     }
 *
 * It needs `fetch` with streams, `TextDecoder` and nothing else: every browser since 2022, node since 18.
 */

/** An error that the API tells: `code` is stable, `message` is for people. */
export class AgentError extends Error {
  constructor(message, { code = "internal_error", status = 0, requestId, retryAfter } = {}) {
    super(message);
    this.name = "AgentError";
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

/**
 * Server-sent events out of text that may be cut anywhere, in the middle of a line end too.
 * Comments (heartbeats) and fields other than `data` are passed over.
 */
export class EventParser {
  #rest = "";
  #data = [];

  /** Returns the data of each event that this text completes. */
  feed(text) {
    const found = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length) found.push(this.#data.join("\n"));
        this.#data = [];
      } else if (line.startsWith("data:")) {
        this.#data.push(line.slice(line[5] === " " ? 6 : 5));
      }
    }
    return found;
  }
}

/** Yields the data of each event of a body; leaving the loop early cancels the body. */
export async function* readEvents(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** One conversation with the agent. */
export class AgentClient {
  #baseUrl;
  #fetch;
  #headers;
  #credentials;

  /**
   * `headers` go with every request (a bearer token, say). A guest is known by a header that the first answer
   * brings; pass `guestToken` to go on as the same guest, and read it back to keep it.
   */
  constructor({ baseUrl = "", fetch, headers = {}, credentials = "same-origin", sessionId, guestToken } = {}) {
    this.#baseUrl = baseUrl.replace(/\/$/, "");
    this.#fetch = fetch ?? ((...request) => globalThis.fetch(...request));
    this.#headers = headers;
    this.#credentials = credentials;
    this.sessionId = sessionId;
    this.guestToken = guestToken;
  }

  /** Opens a session, the one that is used from then on, and returns its id. */
  async createSession() {
    const answer = await this.#ask("POST", "/agent/session");
    this.sessionId = (await answer.json()).session_id;
    return this.sessionId;
  }

  /**
   * Yields the events of an answer: `start`, `token`…, `done`; among them `tool_call`, `tool_result`, `refusal`,
   * `incomplete` and `error`. Leaving the loop, or aborting `signal`, stops the answer. Opens a session if there
   * is none. Throws AgentError if the query is not let in, or if the stream ends before `done`.
   */
  async *ask(query, { signal } = {}) {
    if (!this.sessionId) await this.createSession();
    const answer = await this.#ask("POST", "/agent/query", { query, session_id: this.sessionId }, signal);
    for await (const data of readEvents(answer.body)) {
      const event = JSON.parse(data);
      yield event;
      if (event.type === "done") return;
    }
    throw new AgentError("The answer stopped before its end.", { code: "stream_cut" });
  }

  /** Returns `{session_id, turns, messages, cursor, analytics}`: the newest messages, or those before `cursor`. */
  async history({ cursor, limit } = {}) {
    return (await this.#ask("GET", `/agent/history?${this.#query({ cursor, limit })}`)).json();
  }

  /** Forgets what was said; the session stays. */
  async clear() {
    return (await this.#ask("DELETE", `/agent/history?${this.#query({})}`)).json();
  }

  #query(parts) {
    const given = Object.entries({ session_id: this.sessionId, ...parts }).filter(([, value]) => value != null);
    return new URLSearchParams(given).toString();
  }

  async #ask(method, path, body, signal) {
    const headers = { ...this.#headers };
    if (this.guestToken) headers["x-guest-token"] = this.guestToken;
    if (body) headers["content-type"] = "application/json";
    const answer = await this.#fetch(this.#baseUrl + path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      credentials: this.#credentials,
      signal,
    });
    this.guestToken = answer.headers.get("x-guest-token") ?? this.guestToken;
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }
}

/** Shows an answer in an element as it comes; returns the `done` event. What is no answer gets a class. */
export async function render(events, element) {
  element.dataset.status = "answering";
  let last;
  for await (const event of events) {
    last = event;
    if (event.type === "token") element.append(event.content);
    if (["refusal", "incomplete", "error"].includes(event.type)) {
      const note = element.ownerDocument.createElement("p");
      note.className = `agent-${event.type}`;
      note.textContent = event.content;
      element.append(note);
    }
  }
  element.dataset.status = last?.status ?? "failed";
  return last;
}

async function refusal(answer) {
  const told = await answer.json().then((body) => body.error ?? {}, () => ({}));
  return new AgentError(told.message ?? `The server answered ${answer.status}.`, {
    code: told.code,
    status: answer.status,
    requestId: told.request_id,
    retryAfter: told.retry_after,
  });
}
