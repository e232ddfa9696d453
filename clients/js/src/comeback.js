import * as limits from "./limits.js";
import { sleep, spread } from "./surroundings.js";

/** Places a call again and again until one is up, with pauses that grow, and that the server may stretch. */
export class Comeback {
  #surroundings;
  #failures = 0;
  #rouse = () => {};

  constructor(surroundings) {
    this.#surroundings = surroundings;
  }

  /** Begin with short pauses, and with as many tries as ever. */
  refresh() {
    this.#failures = 0;
  }

  /** Wait no longer for the next try: the page woke, or somebody asks for it. */
  rouse() {
    this.#rouse();
  }

  /** Try `place` while `isWanted()`. Throws the error that leaves no hope. */
  async attempt(place, isWanted) {
    while (isWanted()) {
      await this.#pause(Math.min(limits.RECONNECT_FIRST * 2 ** this.#failures, limits.RECONNECT_LONGEST));
      if (!this.#surroundings.online()) continue; // no try is wasted where there is no network
      if (!isWanted()) return;
      this.#failures += 1;
      try {
        await place();
      } catch (error) {
        if (isWanted()) await this.#bear(error);
      }
    }
  }

  /** Wait as long as the server asks for, in this error; throw it if it is the last. */
  async #bear(error) {
    const asked = error.retryAfter ?? 0;
    if (!error.mayHeal || this.#failures >= limits.RECONNECT_TRIES || asked > limits.RECONNECT_PATIENCE) throw error;
    if (asked) await sleep(this.#surroundings, spread(this.#surroundings, asked));
  }

  async #pause(seconds) {
    const roused = new AbortController();
    this.#rouse = () => roused.abort();
    await sleep(this.#surroundings, spread(this.#surroundings, seconds), roused.signal);
  }
}
