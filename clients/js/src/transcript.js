import * as limits from "./limits.js";
import { sleep } from "./surroundings.js";

const MOVING = new Set(["in_progress", "pending"]);

/** Yield a session's transcript items as they appear, and again when they change, until the session has ended. */
export async function* follow(api, sessionId, surroundings, signal) {
  const seen = new Map();
  let from;
  while (!signal?.aborted) {
    let settled = true;
    let cursor = from;
    let page;
    do {
      page = await readPage(api, sessionId, cursor);
      for (const item of page.items) {
        const text = JSON.stringify(item);
        const key = `${item.generation}.${item.itemId}`;
        if (seen.get(key) !== text) {
          seen.set(key, text);
          yield item;
        }
        settled &&= !MOVING.has(item.status);
      }
      cursor = page.cursor;
      if (settled && cursor) from = cursor; // nothing before it moves any more
    } while (cursor);
    if (page.status === "ended" && settled) return;
    await sleep(surroundings, limits.POLL, signal);
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

function readPage(api, sessionId, cursor) {
  return api.ask("GET", `/session/${sessionId}/transcript`, { query: { limit: limits.PAGE, cursor } });
}
