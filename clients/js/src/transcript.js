import * as limits from "./limits.js";
import { sleep, spread } from "./surroundings.js";

const MOVING = new Set(["in_progress", "pending"]);

/**
 * Yield a session's transcript items as they appear, and again when they change, until the session has ended. It outlasts a
 * server that cannot be reached; what cannot heal is thrown.
 */
export async function* follow(api, sessionId, surroundings, signal) {
  const reader = new Reader(api, sessionId, signal);
  let pause = limits.POLL;
  while (!signal?.aborted) {
    try {
      for await (const item of reader.news()) yield item;
      if (reader.isOver) return;
      pause = limits.POLL;
    } catch (error) {
      if (signal?.aborted) return;
      if (!error.mayHeal) throw error;
      pause = Math.max(Math.min(2 * pause, limits.STREAM_LONGEST), error.retryAfter ?? 0);
    }
    await sleep(surroundings, pause === limits.POLL ? pause : spread(surroundings, pause), signal);
  }
}

/** Reads a transcript again and again, from where something may still move. */
class Reader {
  isOver = false;
  #api;
  #sessionId;
  #signal;
  #seen = new Map();
  #from;

  constructor(api, sessionId, signal) {
    this.#api = api;
    this.#sessionId = sessionId;
    this.#signal = signal;
  }

  /** Yield what is new, or has changed, since it was read last. */
  async *news() {
    let settled = true;
    let cursor = this.#from;
    let page;
    do {
      page = await readPage(this.#api, this.#sessionId, cursor, this.#signal);
      for (const item of page.items) {
        if (this.#isNew(item)) yield item;
        settled &&= !MOVING.has(item.status);
      }
      cursor = page.cursor;
      if (settled && cursor) this.#from = cursor; // nothing before it moves any more
    } while (cursor);
    this.isOver = page.status === "ended" && settled;
  }

  #isNew(item) {
    const key = `${item.generation}.${item.itemId}`;
    const text = JSON.stringify(item);
    if (this.#seen.get(key) === text) return false;
    this.#seen.set(key, text);
    return true;
  }
}

/** Return the whole transcript as it is now. */
export async function read(api, sessionId) {
  const items = [];
  let cursor;
  do {
    const page = await readPage(api, sessionId, cursor);
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor);
  return items;
}

function readPage(api, sessionId, cursor, signal) {
  return api.ask("GET", `/session/${sessionId}/transcript`, { query: { limit: limits.PAGE, cursor }, signal });
}
