/**
 * Who has the floor on a call, as its events tell. A hand-over waits for a pause, and leaves no call that still owes
 * somebody words: a sentence under way, its transcript, the answer, the answer's sound, or a tool's result.
 */
export class Floor {
  #speaking = false;
  #awaited = false;
  #answering = false;
  #playing = false;
  #owed = new Set();
  #transcribes = true;
  #answers = true;
  #waiting = new Set();

  get isQuiet() {
    return !(this.#speaking || this.#awaited || this.#answering || this.#playing || this.#owed.size);
  }

  /** True while the person speaks. */
  get isSpeaking() {
    return this.#speaking;
  }

  /** Resolves at the next pause, at once if there is one; after so many seconds at the latest. */
  quiet({ later }, seconds) {
    if (this.isQuiet) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#waiting.delete(done);
        resolve();
      };
      const cancel = later(seconds, done);
      this.#waiting.add(done);
    });
  }

  /** The call is over: nobody waits for it any more. */
  clear() {
    for (const done of [...this.#waiting]) done();
  }

  take(event) {
    this.#take(event);
    if (this.isQuiet) this.clear();
  }

  #take(event) {
    switch (event.type) {
      case "session.created":
      case "session.updated":
        return this.#configure(event.session?.audio?.input);
      case "input_audio_buffer.speech_started":
        return void (this.#speaking = true);
      case "input_audio_buffer.speech_stopped":
      case "input_audio_buffer.cleared":
        return void (this.#speaking = false);
      case "input_audio_buffer.committed":
        this.#speaking = false;
        this.#awaited = this.#answers;
        return this.#transcribes && void this.#owed.add(event.item_id);
      case "conversation.item.input_audio_transcription.completed":
      case "conversation.item.input_audio_transcription.failed":
        return void this.#owed.delete(event.item_id);
      case "response.created":
        this.#awaited = false;
        return void (this.#answering = true);
      case "response.done":
        return void (this.#answering = false);
      case "output_audio_buffer.started":
        return void (this.#playing = true);
      case "output_audio_buffer.stopped":
      case "output_audio_buffer.cleared":
        return void (this.#playing = false);
      case "response.function_call_arguments.done":
        return void this.#owed.add(event.call_id);
      case "conversation.item.added":
        return event.item?.type === "function_call_output" && void this.#owed.delete(event.item.call_id);
      default:
        return undefined;
    }
  }

  #configure(input) {
    if (!input) return;
    this.#transcribes = Boolean(input.transcription);
    this.#answers = input.turn_detection?.create_response ?? false;
  }
}
