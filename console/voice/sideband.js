/** What the sideband has written down of the session looked at, and when each item could first be read here. */

import { readEvents } from "../clients/agent/agent.js";

const TRIES_MS = 3000; // a look that failed is repeated, and a stream that broke is opened again
const LATE_MS = 4000; // what a log fills in comes seconds after the end, and is in no stream
const MOVING = new Set(["in_progress", "pending"]);

export class Sideband {
  #stop = new AbortController();
  #looks = new Map(); // of each session looked at: when its items could first be read
  #readable = new Map();
  #since = 0; // when the session was looked at again, if it was before

  /** @param {() => void} onItems called after each change */
  constructor(api, onItems) {
    this.api = api;
    this.onItems = onItems;
    this.leave();
  }

  /** Follow a session by its live view: of this page through the client, which goes on where it broke; of another here. */
  follow(sessionId, { session, open }) {
    this.leave();
    this.#since = this.#looks.has(sessionId) ? performance.now() : 0;
    this.#readable = this.#looks.get(sessionId) ?? new Map();
    this.#looks.set(sessionId, this.#readable);
    const { signal } = this.#stop;
    const stream = () => (session ? session.stream({ signal }) : this.#stream(sessionId, signal));
    void (open ? this.#listen(sessionId, stream, signal) : this.#look(sessionId, signal));
  }

  leave() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.items = [];
  }

  /**
   * How much later than `done` an item could be read here; null where that is not known: it cannot be read yet, or it
   * came while another session was looked at.
   */
  lagOf(itemId, done) {
    const at = this.#readable.get(itemId);
    if (!done || at === undefined || (done < this.#since && at >= this.#since)) return null;
    return Math.max(0, at - done);
  }

  /** Take in items as they come, until the session's end. While no stream can be had, look. */
  async #listen(sessionId, stream, signal) {
    while (!signal.aborted) {
      try {
        for await (const { type, item } of stream()) {
          if (signal.aborted) return;
          if (type === "item") this.items = placed(this.items, item);
          this.#changed();
        }
        await pause(LATE_MS);
        return void (await this.#look(sessionId, signal));
      } catch {
        await this.#look(sessionId, signal);
        await pause(TRIES_MS);
      }
    }
  }

  /** The live view of a session that another page has opened; each stream begins anew. */
  async *#stream(sessionId, signal) {
    while (!signal.aborted) {
      const path = `/session/${sessionId}/transcript/stream`;
      const answer = await this.api.open("GET", path, undefined, this.api.who.headers(), signal);
      for await (const data of readEvents(answer.body)) {
        const told = JSON.parse(data);
        yield { type: told.itemId ? "item" : "end", item: told };
        if (!told.itemId) return;
      }
      await pause(TRIES_MS);
    }
  }

  /** Read all of it; again where that failed. */
  async #look(sessionId, signal) {
    while (!signal.aborted) {
      const items = await this.api.transcript(sessionId).catch(() => null);
      if (signal.aborted) return;
      if (items) {
        this.items = items;
        return this.#changed();
      }
      await pause(TRIES_MS);
    }
  }

  #changed() {
    const now = performance.now();
    for (const { itemId, status } of this.items) {
      if (!MOVING.has(status) && !this.#readable.has(itemId)) this.#readable.set(itemId, now);
    }
    this.onItems();
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The items with one more, or one in place of what it was: behind its predecessor, within its call. */
export function placed(items, item) {
  const rest = items.filter((each) => each.itemId !== item.itemId || each.generation !== item.generation);
  const before = rest.filter((each) => each.generation < item.generation);
  const call = rest.filter((each) => each.generation === item.generation);
  const after = rest.filter((each) => each.generation > item.generation);
  const at = call.findIndex((each) => each.itemId === item.previousItemId) + 1;
  return [...before, ...call.toSpliced(at, 0, item), ...after];
}
