/** One session at a time: places its calls, hears them, and keeps what is known of it. */

import { Call } from "./call.js";
import { Heard } from "./heard.js";
import { keepSession } from "./sessions.js";
import { play } from "./simulator.js";
import { lineOf } from "./timeline.js";

const TITLE_CHARS = 60;

export class Desk extends EventTarget {
  /** Tells `change` whenever something is worth drawing, `voice` when sound arrives. */
  constructor(api, settings) {
    super();
    this.api = api;
    this.settings = settings;
    this.clear();
  }

  clear() {
    this.record = null;
    this.secret = null;
    this.call = null;
    this.heard = new Heard();
    this.lines = [];
    this.profile = null;
    this.wishes = null;
  }

  get id() { return this.record?.sessionId ?? null; }
  get open() { return this.record?.status === "open"; }

  /** Open a session and call. @param wishes {source, script, mode, instructions, reset?} */
  async start(wishes) {
    const microphone = await microphoneFor(wishes);
    this.leave();
    this.clear();
    this.wishes = wishes;
    const { mode, instructions, reset } = wishes;
    const made = await this.api.create({ mode, instructions, ...(reset && { reset }) });
    this.secret = made.clientSecret;
    keepSession({ sessionId: made.sessionId, createdAt: Date.now(), mode, status: "open", title: "" });
    await this.load(made.sessionId);
    await this.connect(microphone);
  }

  /** Place a call with the secret at hand; a call that goes on meanwhile is left once this one is up. */
  async connect(microphone) {
    const before = this.call;
    const call = new Call(microphone ?? before?.microphone ?? null);
    this.latest = call;
    call.addEventListener("event", ({ detail }) => this.#take(detail));
    call.addEventListener("voice", () => this.#tell("voice"));
    call.addEventListener("over", () => this.#over(call));
    this.#note("placing a call");
    const secret = this.secret;
    this.secret = null;
    try {
      if (this.record.mode === "relay") await call.place(`${this.api.url}/realtime/calls`, secret);
      else await this.#placeDirectly(call, secret);
    } catch (problem) {
      call.close({ keepMicrophone: Boolean(before) });
      throw problem;
    }
    before?.close({ keepMicrophone: true });
    this.call = call;
    this.#note("connected");
    if (this.wishes?.source === "script") {
      await play(this.settings.simulator, call.id, this.wishes.script);
      this.#note(`the script “${this.wishes.script}” plays`);
    }
    await this.load(this.id);
  }

  /** Same session and transcript, new secret, new call. */
  async renew() {
    const renewed = await this.api.renew(this.id);
    this.secret = renewed.clientSecret;
    this.#note(`renewed: the next call knows ${renewed.restored}`);
    if (this.call) await this.connect();
    else await this.load(this.id);
  }

  async extract() {
    this.profile = await this.api.extract(this.id);
    this.#note("profile extracted");
    await this.load(this.id);
  }

  async end() {
    this.leave();
    await this.api.end(this.id);
    await this.load(this.id);
    keepSession({ sessionId: this.id, status: this.record.status });
  }

  /** Read the record again. */
  async load(sessionId) {
    const record = await this.api.session(sessionId);
    if (this.id !== null && this.id !== sessionId) this.clear();
    this.record = record;
    this.#tell("change");
  }

  /** Hang up, and upload the log of what this page has heard. */
  leave() {
    if (!this.call) return;
    this.call.close();
    this.call = null;
    this.api.leave(this.log());
    this.#note("left; the log is uploaded");
  }

  /** What the API takes as the log of a session. */
  log() {
    const items = [...this.heard.items.values()].filter((item) => item.text);
    const { model, voice } = this.record;
    return {
      metadata: { sessionId: this.id, model, voice, agentName: "console", itemCount: items.length },
      messages: items.map(({ id, role, text }) => ({ id, role, content: text })),
    };
  }

  async #placeDirectly(call, secret) {
    await call.place(`${this.settings.upstream}/realtime/calls`, secret);
    await this.api.attach(this.id, call.id);
  }

  #take(event) {
    const line = lineOf(event, Date.now());
    if (line) this.lines.push(line);
    if (this.heard.take(event, performance.now()) || line) this.#tell("change");
    if (event.type.endsWith("input_audio_transcription.completed")) this.#title(event.transcript);
  }

  #title(words) {
    if (this.titled === this.id) return;
    this.titled = this.id;
    keepSession({ sessionId: this.id, title: words.trim().slice(0, TITLE_CHARS) });
  }

  #over(call) {
    if (this.call !== call) return;
    this.leave();
    this.#note("the call was ended by the other side");
    this.load(this.id).catch(() => {});
  }

  #note(what) {
    this.lines.push({ at: Date.now(), where: "page", what });
    this.#tell("change");
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

async function microphoneFor({ source }) {
  if (source !== "microphone") return null;
  return navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true } });
}
