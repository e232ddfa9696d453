import * as limits from "./limits.js";

/** What the browser itself hears of the talk: telemetry, and the memory of last resort. The truth is the server's. */
export class Talk {
  messages = new Map();
  toolCalls = new Map();

  #heardAt = new Map();
  #order = new Map();

  /** Take one event of the data channel; return the message that it completes, if it does. `now` is in seconds. */
  take(event, now = 0) {
    switch (event.type) {
      case "conversation.item.added": // what a person said may be known later than the answer to it
        return this.#see(event.item?.id);
      case "conversation.item.input_audio_transcription.completed":
        return this.#say(event.item_id, "user", event.transcript, now);
      case "response.output_audio_transcript.done":
        return this.#say(event.item_id, "assistant", event.transcript, now);
      case "response.output_text.done":
        return this.#say(event.item_id, "assistant", event.text, now);
      case "response.function_call_arguments.done":
        this.toolCalls.set(event.call_id, { name: event.name, arguments: event.arguments });
        return undefined;
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

  /** Return the log as text, without its oldest messages where all would be more than that many bytes. */
  log(metadata, most = Infinity) {
    const messages = this.#inOrder();
    const toolCalls = [...this.toolCalls.values()];
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
