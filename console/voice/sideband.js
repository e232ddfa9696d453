/** What the sideband has written down of the session looked at, and when each item could first be read here. */

const OPEN_MS = 2000; // an open session of another page: late words come within seconds
const TRIES_MS = 3000; // a look that failed is repeated
const MOVING = new Set(["in_progress", "pending"]);

export class Sideband {
  #stop = new AbortController();

  /** @param {() => void} onItems called after each change */
  constructor(api, onItems) {
    this.api = api;
    this.onItems = onItems;
    this.#clear();
  }

  /** Follow a session: of this page by its live stream, of another by looking. */
  follow(sessionId, { session, open }) {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#clear();
    if (session) this.#listen(session, this.#stop.signal);
    else this.#look(sessionId, open, this.#stop.signal);
  }

  #clear() {
    this.items = [];
    this.readable = new Map();
  }

  async #listen(session, signal) {
    try {
      for await (const { type, item } of session.stream({ signal })) {
        if (signal.aborted) return;
        if (type === "item") this.items = placed(this.items, item);
        this.#changed();
      }
    } catch (problem) {
      if (!signal.aborted) setTimeout(() => !signal.aborted && this.#look(session.id, true, signal), TRIES_MS);
    }
  }

  async #look(sessionId, open, signal) {
    const items = await this.api.transcript(sessionId).catch(() => null); // the next look may succeed
    if (signal.aborted) return;
    if (items) {
      this.items = items;
      this.#changed();
    }
    if (open || !items) setTimeout(() => !signal.aborted && this.#look(sessionId, open, signal), OPEN_MS);
  }

  #changed() {
    const now = performance.now();
    for (const { itemId, status } of this.items) {
      if (!MOVING.has(status) && !this.readable.has(itemId)) this.readable.set(itemId, now);
    }
    this.onItems();
  }
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
