import * as limits from "./limits.js";

const LOGS = "/realtime/logs";

/** What a session leaves behind of what its page has heard: when the page closes, or when the session ends. */
export class Parting {
  #api;
  #surroundings;
  #talk;
  #metadata;
  #uploading;

  /** `metadata()` says what the log is of. */
  constructor(api, surroundings, talk, metadata) {
    this.#api = api;
    this.#surroundings = surroundings;
    this.#talk = talk;
    this.#metadata = metadata;
    surroundings.page?.addEventListener("pagehide", this.#hidden);
  }

  /** The session is over and the page lives on: upload the whole log, once. Until it is there, a page that closes leaves it. */
  upload() {
    return (this.#uploading ??= this.#upload());
  }

  /** Leave what was heard, in one small request: whoever goes away may be gone before any answer. */
  leave() {
    if (this.#isEmpty) return;
    this.#api.leave(LOGS, this.#talk.log(this.#metadata(), limits.BEACON_BYTES));
  }

  /** The log is left, or was uploaded: there is no other. */
  stop() {
    this.#uploading ??= Promise.resolve();
    this.#surroundings.page?.removeEventListener("pagehide", this.#hidden);
  }

  get #isEmpty() {
    return !this.#talk.messages.size && !this.#talk.toolCalls.size;
  }

  async #upload() {
    try {
      const body = this.#isEmpty ? undefined : JSON.parse(this.#talk.log(this.#metadata(), limits.LOG_BYTES));
      if (body) await this.#api.ask("POST", LOGS, { body, repeatable: true });
      this.stop();
    } catch {
      // telemetry: nobody waits for it, and the page's end is another chance
    }
  }

  #hidden = () => this.leave();
}
