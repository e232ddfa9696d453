/** What the browser hears on its data channel, as items: a small fold, in the order of the conversation. */

const TRANSCRIBED = "conversation.item.input_audio_transcription.";

export class Heard {
  constructor() {
    /** @type {Map<string, {id, previous, role, text, done: number | null, mark: string}>} */
    this.items = new Map();
  }

  /** Take one event in. `now` is in milliseconds. @returns {boolean} whether something changed */
  take(event, now) {
    const { type } = event;
    if (type === "conversation.item.added") return this.#added(event);
    if (type === `${TRANSCRIBED}completed`) return this.#settle(event.item_id, event.transcript, now);
    if (type === `${TRANSCRIBED}failed`) return this.#settle(event.item_id, "", now, "could not be transcribed");
    if (type === "response.output_audio_transcript.done") return this.#settle(event.item_id, event.transcript, now);
    if (type === "response.output_text.done") return this.#settle(event.item_id, event.text, now);
    if (type === "response.function_call_arguments.done") return this.#called(event, now);
    if (type === "conversation.item.truncated") return this.#marked(event);
    if (type.endsWith(".delta") && event.item_id && event.delta && !type.includes("arguments")) {
      const item = this.#item(event.item_id);
      if (item.done === null) item.text += event.delta;
      return true;
    }
    return false;
  }

  #item(id) {
    if (!this.items.has(id)) {
      this.items.set(id, { id, previous: undefined, role: null, text: "", done: null, mark: "" });
    }
    return this.items.get(id);
  }

  #added({ item, previous_item_id }) {
    const known = this.#item(item.id);
    known.previous = previous_item_id;
    known.role = item.role ?? (item.type === "function_call_output" ? "tool" : "assistant");
    const typed = item.content?.find((part) => part.type === "input_text")?.text;
    known.text ||= typed ?? item.output ?? "";
    if (item.type === "function_call") known.mark = `calls ${item.name}`;
    if (item.type === "function_call_output") known.mark = "a tool's answer";
    return true;
  }

  #settle(id, text, now, mark) {
    const item = this.#item(id);
    item.text = text.trim();
    item.done ??= now;
    if (mark) item.mark = mark;
    return true;
  }

  #called({ item_id, name, arguments: words }, now) {
    return this.#settle(item_id, words, now, `calls ${name}`);
  }

  #marked({ item_id, audio_end_ms }) {
    this.#item(item_id).mark = `interrupted after ${(audio_end_ms / 1000).toFixed(1)} s`;
    return true;
  }
}

/** The rows of both transcripts, one for each item: the sideband's order, and ours for what it lacks yet. */
export function rowsOf(heard, kept) {
  const told = kept.filter((item) => !(item.kind === "gap" && item.deleted)); // what turned out to be none
  const order = told.map((item) => item.itemId);
  for (const item of heard.items.values()) {
    if (order.includes(item.id)) continue;
    const at = order.indexOf(item.previous);
    order.splice(at < 0 ? order.length : at + 1, 0, item.id);
  }
  const byId = new Map(told.map((item) => [item.itemId, item]));
  return order.map((id) => ({ id, ours: heard.items.get(id), theirs: byId.get(id) }));
}
