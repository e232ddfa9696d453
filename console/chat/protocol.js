/** The ChatKit protocol, as far as a plain conversation needs it, with our own server. */

import { readEvents } from "../clients/agent/agent.js";

const FRESH_MS = 30_000; // a token with less left is replaced first

export class Chat {
  #token = null;

  /** A chat beneath a codex session. */
  constructor(api, codexSessionId) {
    this.api = api;
    this.codexSessionId = codexSessionId;
  }

  /** The threads of this placement, newest first. */
  async threads() {
    return (await this.#ask("threads.list", { limit: 20, order: "desc" })).data;
  }

  /** What was said in a thread, oldest first. */
  async items(threadId) {
    return (await this.#ask("items.list", { thread_id: threadId, limit: 100, order: "asc" })).data;
  }

  /** Say something in a thread, or in a new one; yields the server's events as they come. */
  async *say(words, threadId, signal) {
    const input = { content: [{ type: "input_text", text: words }], attachments: [], inference_options: {} };
    const kind = threadId ? "threads.add_user_message" : "threads.create";
    const answer = await this.#open(kind, { input, ...(threadId && { thread_id: threadId }) }, signal);
    for await (const data of readEvents(answer.body)) yield JSON.parse(data);
  }

  async #ask(type, params) {
    return (await this.#open(type, params)).json();
  }

  async #open(type, params, signal) {
    const headers = { authorization: `Bearer ${await this.#fresh()}` };
    return this.api.open("POST", "/chatkit", { type, params }, headers, signal);
  }

  async #fresh() {
    if (!this.#token || Date.parse(this.#token.expires_at) - Date.now() < FRESH_MS) {
      this.#token = await this.api.ask("GET", `/api/codex/chatkit/token?session_id=${this.codexSessionId}`);
    }
    return this.#token.token;
  }
}

/** The words of a message. */
export function wordsOf(item) {
  return (item.content ?? []).map((part) => part.text ?? "").join("");
}
