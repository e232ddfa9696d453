import * as limits from "./limits.js";

/** What the browser itself hears of the talk: telemetry, and the memory of last resort. The truth is the server's. */
export class Talk {
  messages = new Map();
  toolCalls = new Map();

  #heardAt = new Map();
  #order = new Map();
  #places = new Map();

  /** Take one event of the data channel; return the message that it completes, if it does. `now` is in seconds. */
  take(event, now = 0) {
    switch (event.type) {
      case "conversation.item.added": // what a person said may be known later than the answer to it
        return this.#added(event);
      case "input_audio_buffer.speech_started":
        return this.#place(event.item_id, { audioStartMs: event.audio_start_ms });
      case "input_audio_buffer.speech_stopped":
        return this.#place(event.item_id, { audioEndMs: event.audio_end_ms });
      case "conversation.item.input_audio_transcription.completed":
        return this.#say(event.item_id, "user", event.transcript, now);
      case "response.output_audio_transcript.done":
        return this.#say(event.item_id, "assistant", event.transcript, now);
      case "response.output_text.done":
        return this.#say(event.item_id, "assistant", event.text, now);
      case "response.function_call_arguments.done":
        return this.#called(event);
      default:
        return undefined;
    }
  }

  /** Return the last messages heard since then that the instructions of a call do not carry. */
  untold(instructions, since) {
    const told = plain(instructions ?? "");
    return this.#inOrder()
      .slice(-limits.SEEDED)
      .filter(({ id, content }) => this.#heardAt.get(id) >= since && !told.includes(plain(content)));
  }

  /**
   * Return the log as text, without its oldest messages where all would be more than that many bytes. It says of each
   * what it stands behind and when it was spoken: so the server can fill a gap of its own transcript.
   */
  log(metadata, most = Infinity) {
    const messages = this.#inOrder().map((message) => ({ ...message, ...this.#places.get(message.id) }));
    const toolCalls = [...this.toolCalls.values()].map((call) => ({ ...call, ...this.#places.get(call.itemId) }));
    const counts = { messages: messages.length, toolCalls: toolCalls.length };
    for (;;) {
      const text = JSON.stringify({ metadata: { ...metadata, counts }, messages, toolCalls });
      if (new TextEncoder().encode(text).length <= most) return text;
      const longest = messages.length >= toolCalls.length ? messages : toolCalls;
      longest.splice(0, Math.max(1, Math.ceil(longest.length / 8)));
    }
  }

  /** The messages in the order of the conversation. */
  #inOrder() {
    return [...this.messages.values()].sort((one, other) => this.#order.get(one.id) - this.#order.get(other.id));
  }

  #added({ item, previous_item_id: previousItemId }) {
    this.#see(item?.id);
    if (previousItemId !== undefined) this.#place(item?.id, { previousItemId });
    const call = item?.type === "function_call_output" && this.toolCalls.get(item.call_id);
    if (call) Object.assign(call, { output: item.output, outputItemId: item.id });
  }

  #called({ call_id: callId, item_id: itemId, name, arguments: words }) {
    this.toolCalls.set(callId, { name, arguments: words, callId, itemId });
  }

  /** Note where an item stands; the first word counts, as a later call may be told of it once more. */
  #place(id, known) {
    if (id) this.#places.set(id, { ...known, ...this.#places.get(id) });
  }

  #see(id) {
    if (id && !this.#order.has(id)) this.#order.set(id, this.#order.size);
  }

  #say(id, role, content, now) {
    if (!content) return undefined;
    this.#see(id);
    this.#heardAt.set(id, now);
    const message = { id, role, content };
    this.messages.set(id, message);
    return message;
  }
}

/** Return the event that tells a call of a message. Under the message's own id, so that the transcript has it once. */
export function seed({ id, role, content }) {
  const type = role === "user" ? "input_text" : "output_text";
  return { type: "conversation.item.create", item: { type: "message", id, role, content: [{ type, text: content }] } };
}

function plain(words) {
  return words.split(/\s+/).join(" ").trim();
}
