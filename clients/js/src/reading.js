import { Emitter } from "./emitter.js";
import { extract } from "./extraction.js";
import { stream } from "./stream.js";
import { follow, read } from "./transcript.js";

/** What the server can tell of a session, with a call or without. */
export class Reading extends Emitter {
  #api;
  #surroundings;

  constructor(api, surroundings, id) {
    super();
    this.#api = api;
    this.#surroundings = surroundings;
    this.id = id;
  }

  /** The transcript as the server has it. */
  transcript() {
    return read(this.#api, this.id);
  }

  /** The transcript as it grows: `for await (const item of session.follow())`. Ends with the session. */
  follow({ signal } = {}) {
    return follow(this.#api, this.id, this.#surroundings, signal);
  }

  /** The transcript as the server tells it, item by item: `for await (const event of session.stream())`. */
  stream(options) {
    return stream(this.#api, this.id, this.#surroundings, options);
  }

  /** The server's record of the session: its calls, its audit. */
  record() {
    return this.#api.ask("GET", `/session/${this.id}`);
  }

  /** What the transcript says of the person; waits until it is read, or `signal` says that nobody waits any more. */
  extract(schema, { signal } = {}) {
    return extract(this.#api, this.id, this.#surroundings, schema, signal);
  }
}
