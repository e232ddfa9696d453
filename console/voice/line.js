/** One voice session that this page has opened: the client's session, what the page hears in it, what it did. */

import { clock } from "../shared/figures.js";
import { Heard } from "./heard.js";
import { lineOf } from "./timeline.js";

const LIVE = new Set(["connecting", "connected", "reconnecting"]);

export class Line extends EventTarget {
  #before = "new"; // the state before this one

  /**
   * Tells `change`, `call` when another call has taken over, `voice` when there is sound, `title` with first words, `lost`
   * and `back` when the call is, and `problem` where no other could be placed.
   * @param session a VoiceSession of @switchboard/client, which renews and reconnects by itself
   * @param wishes {source, script, mode, instructions}: how it was started
   */
  constructor(session, wishes, microphone) {
    super();
    this.session = session;
    this.wishes = wishes;
    this.microphone = microphone;
    this.heard = new Heard();
    this.lines = [];
    this.callId = undefined;
    this.called = null; // what is to be done in each new call
    this.voice = null;
    session.on("event", (event) => this.#take(event));
    session.on("state", (state) => this.#enter(state));
    session.on("audio", (voice) => {
      this.voice = voice;
      this.#tell("voice");
    });
    session.on("renewed", ({ restored, expiresAt }) =>
      this.note(`renewed: the next call knows ${KNOWS[restored]}; its secret is good until ${clock(expiresAt)}`));
    session.on("error", (problem) => {
      this.note(`gave up: ${problem.message}`);
      this.#tell("problem", problem);
    });
  }

  get id() { return this.session.id; }
  get live() { return LIVE.has(this.session.state); }
  get muted() { return this.microphone?.getAudioTracks().some((track) => !track.enabled) ?? false; }

  /** Tokens of the answers heard here. */
  get tokens() { return this.lines.reduce((sum, line) => sum + (line.tokens ?? 0), 0); }

  /** Place a call; the session renews first where its secret is spent. */
  async call() {
    this.note("placing a call");
    await this.session.connect(this.microphone ?? undefined);
    this.#follow();
  }

  async renew() {
    await this.session.renew();
    this.#follow();
  }

  async end() {
    await this.session.end();
    this.stopMicrophone();
  }

  mute(muted) {
    for (const track of this.microphone?.getAudioTracks() ?? []) track.enabled = !muted;
    this.#tell("change");
  }

  stopMicrophone() {
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
  }

  note(what) {
    this.lines.push({ at: Date.now(), where: "page", what });
    this.#tell("change");
  }

  #enter(state) {
    if (state === "reconnecting") {
      this.note("the call was lost; placing another");
      this.#tell("lost");
    }
    if (state === "connected" && this.#before === "reconnecting") this.#tell("back");
    this.#before = state;
    if (state === "ended" || state === "failed") this.stopMicrophone();
    if (state === "ended") this.note("left; the log is uploaded");
    this.#follow();
    this.#tell("change");
  }

  #take(event) {
    this.#follow();
    const line = lineOf(event, Date.now());
    if (line) this.lines.push(line);
    if (this.heard.take(event, performance.now()) || line) this.#tell("change");
    if (event.type.endsWith("input_audio_transcription.completed")) this.#tell("title", event.transcript);
  }

  /** Another call may have taken over, by whatever way. */
  #follow() {
    const { callId, state } = this.session;
    if (state !== "connected" || !callId || callId === this.callId) return;
    this.callId = callId;
    this.note("connected");
    this.#tell("call");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

const KNOWS = { full: "all that was said", digest: "a digest of what was said", none: "nothing but what this page tells it" };
