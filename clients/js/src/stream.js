import { SwitchboardError } from "./errors.js";
import * as limits from "./limits.js";
import { sleep, spread } from "./surroundings.js";

const END = "end";

/**
 * Yield `{type, id, …}` of a session's live transcript as the server tells it: `item` with an item, `end` once. A stream
 * that breaks is opened again where it broke; what cannot heal is thrown.
 */
export async function* stream(api, sessionId, surroundings, { lastEventId, signal } = {}) {
  const path = `/session/${sessionId}/transcript/stream`;
  let last = lastEventId;
  let pause = limits.STREAM_FIRST;
  while (!signal?.aborted) {
    try {
      for await (const { id, event, data } of events(api, path, last, surroundings, signal)) {
        pause = limits.STREAM_FIRST;
        last = id ?? last;
        if (event === "item") yield { type: "item", id: last, item: data };
        if (event === END) return yield { type: END, id: last, ...data };
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!error.mayHeal) throw error;
      pause = Math.max(pause, error.retryAfter ?? 0);
    }
    await sleep(surroundings, spread(surroundings, pause), signal);
    pause = Math.min(pause * 2, limits.STREAM_LONGEST);
  }
}

/** Yield the events of one answer until it closes; one that falls silent is given up. */
async function* events(api, path, lastEventId, surroundings, signal) {
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal?.addEventListener("abort", abort);
  let cancel = surroundings.later(limits.STREAM_SILENCE, abort);
  try {
    const answer = await api.stream(path, { lastEventId, signal: stop.signal });
    if (answer.status === 204) return yield { event: END, id: END, data: { sessionId: path.split("/")[2], status: "ended" } };
    const decoder = new TextDecoder();
    const parser = new Parser();
    const reader = answer.body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        cancel();
        cancel = surroundings.later(limits.STREAM_SILENCE, abort);
        yield* parser.feed(decoder.decode(value, { stream: true }));
      }
    } finally {
      await reader.cancel().catch(() => {});
    }
  } catch (cause) {
    if (cause instanceof SwitchboardError) throw cause;
    throw new SwitchboardError("network_error", "The stream broke.", { cause });
  } finally {
    cancel();
    signal?.removeEventListener("abort", abort);
    stop.abort();
  }
}

/** Server-sent events out of text that may be cut anywhere; comments, and events whose data is no JSON, are passed over. */
export class Parser {
  #rest = "";
  #event = {};

  /** Return the events that this text completes: `{id, event, data}`. */
  feed(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line) {
    if (line === "") {
      const { id, event = "message", data } = this.#event;
      this.#event = {};
      return data === undefined ? [] : parsed(id, event, data);
    }
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === "data") this.#event.data = this.#event.data === undefined ? value : `${this.#event.data}\n${value}`;
    else if (name === "id" || name === "event") this.#event[name] = value;
    return [];
  }
}

function parsed(id, event, data) {
  try {
    return [{ id, event, data: JSON.parse(data) }];
  } catch {
    return [];
  }
}
