import * as limits from "./limits.js";

const LOGS = "/realtime/logs";

/** What a session leaves behind of what its page has heard: when the page closes, or when the session ends. */
export class Parting {
  #api;
  #surroundings;
  #talk;
  #metadata;

  /** `metadata()` says what the log is of. */
  constructor(api, surroundings, talk, metadata) {
    this.#api = api;
    this.#surroundings = surroundings;
    this.#talk = talk;
    this.#metadata = metadata;
    surroundings.page?.addEventListener("pagehide", this.#leave);
  }

  /** The session is over and the page lives on: upload the whole log. */
  async upload() {
    this.stop();
    if (!this.#talk.messages.size) return;
    const body = JSON.parse(this.#talk.log(this.#metadata()));
    await this.#api.ask("POST", LOGS, { body, repeatable: true }).catch(() => {}); // telemetry: nobody waits for it
  }

  stop() {
    this.#surroundings.page?.removeEventListener("pagehide", this.#leave);
  }

  /** A page that goes away may be gone before any answer: the log has to leave in one small request. */
  #leave = () => {
    if (!this.#talk.messages.size && !this.#talk.toolCalls.size) return;
    this.#api.leave(LOGS, this.#talk.log(this.#metadata(), limits.BEACON_BYTES));
  };
}
