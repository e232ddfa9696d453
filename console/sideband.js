/** Reads what the sideband has written, again and again, and notes when each item could first be read. */

const EVERY_MS = 400; // the lag is measured this finely; the API is asked this often while a call lives
const RESTING_MS = 3000; // without a call only late words may still come

export class Sideband {
  /** @param {(items: object[]) => void} onItems called after each look */
  constructor(api, onItems) {
    this.api = api;
    this.onItems = onItems;
    this.readable = new Map();
    this.items = [];
    this.live = false;
    this.sessionId = null;
    this.timer = null;
  }

  /** Follow a session from here on; null follows none. */
  follow(sessionId) {
    clearTimeout(this.timer);
    this.sessionId = sessionId;
    this.readable = new Map();
    this.items = [];
    if (sessionId) this.#look(sessionId);
  }

  async #look(sessionId) {
    try {
      const items = await this.api.transcript(sessionId);
      if (sessionId !== this.sessionId) return;
      const now = performance.now();
      for (const item of items) {
        if (item.status !== "in_progress" && item.status !== "pending" && !this.readable.has(item.itemId)) {
          this.readable.set(item.itemId, now);
        }
      }
      this.items = items;
      this.onItems(items);
    } catch {
      // The next look may succeed; what was read stays on the page.
    }
    if (sessionId === this.sessionId) {
      this.timer = setTimeout(() => this.#look(sessionId), this.live ? EVERY_MS : RESTING_MS);
    }
  }
}
