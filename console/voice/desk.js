/** Which session is looked at, and the lines of this page: one call at a time, and any session of this browser to read. */

import { play } from "../shared/simulator.js";
import { Line } from "./line.js";
import { keepSaid, keepSession, nameSession } from "./sessions.js";
import { Sideband } from "./sideband.js";

const RECORD_MS = 4000; // the record's calls and audit change within seconds; it is metered twice a minute

export class Desk extends EventTarget {
  #lines = new Map();
  #wanted = null;

  /**
   * Tells `change` whenever something is worth drawing, `record` when it was read, `voice` when sound arrives; of its
   * lines `lost`, `back` and `problem`.
   */
  constructor(api, who, settings) {
    super();
    this.api = api;
    this.who = who;
    this.settings = settings;
    this.record = null;
    this.profile = null;
    this.sideband = new Sideband(api, () => this.#read());
    setInterval(() => this.#moving && this.load().catch(() => {}), RECORD_MS);
  }

  get id() { return this.record?.sessionId ?? null; }
  get open() { return this.record?.status === "open"; }
  /** The line of the session looked at; none if another page has opened it. */
  get line() { return this.#lines.get(this.id) ?? null; }
  /** Whether the record may yet change by itself: a call is metered once more after its end. */
  get #moving() { return Boolean(this.line?.live || this.record?.calls.some((call) => !call.closedAt)); }
  /** The line that a call is on. */
  get live() { return [...this.#lines.values()].find((line) => line.live) ?? null; }

  /** Open a session and call. @param wishes {source, script, mode, instructions, reset?} */
  async start(wishes) {
    const microphone = await microphoneFor(wishes);
    const { mode, instructions, reset } = wishes;
    const switchboard = this.who.switchboard();
    let line;
    try {
      const session = await switchboard.create({ mode, instructions, ...(reset && { reset }) });
      line = this.#hold(new Line(session, wishes, microphone));
    } catch (problem) {
      for (const track of microphone?.getTracks() ?? []) track.stop();
      throw problem;
    } finally {
      this.who.keep(switchboard.guestToken);
    }
    if (reset) await this.#replaced(reset);
    await this.#showNew(line);
    await line.call();
    await line.called;
    await this.load();
  }

  /** Place another call in the session looked at. A microphone that was given back is asked for again. */
  async call() {
    const { line } = this;
    const given = line.microphone?.getAudioTracks().some((track) => track.readyState === "ended");
    if (given) line.microphone = await microphoneFor(line.wishes);
    await line.call();
  }

  /** Same session and transcript, new secret, new call. */
  async renew() {
    await this.line.renew();
    await this.line.called;
    await this.load();
  }

  /** Look at a session; a call goes on meanwhile. @returns false if another was chosen before it was read */
  async show(sessionId) {
    this.#wanted = sessionId;
    const record = await this.api.session(sessionId);
    if (sessionId !== this.#wanted) return false;
    this.record = record;
    this.profile = null;
    const { status, mode, createdAt } = record;
    keepSession({ sessionId, status, mode, createdAt: Date.parse(createdAt) });
    this.sideband.follow(sessionId, { session: this.line?.session, open: this.open });
    this.#tell("record");
    this.#tell("change");
    return true;
  }

  /** Go on looking at the session that is shown, whatever was chosen since. */
  stay() {
    this.#wanted = this.id;
  }

  /** Look at no session. */
  leave() {
    this.#wanted = this.record = null;
    this.sideband.leave();
    this.#tell("change");
  }

  async extract() {
    this.profile = await this.api.extract(this.id);
    this.line?.note("profile extracted");
    await this.load();
  }

  async end() {
    if (this.line) await this.line.end();
    else await this.api.end(this.id);
    await this.load();
  }

  /** Read the record of the session looked at again. */
  async load() {
    const { id } = this;
    const record = id && (await this.api.session(id));
    if (!id || id !== this.id) return;
    this.record = record;
    keepSession({ sessionId: id, status: record.status });
    this.#tell("record");
    this.#tell("change");
  }

  /** Another session took its place, which has ended it: that it can be told no more is no reason to stop. */
  async #replaced(sessionId) {
    keepSession({ sessionId, status: "ended" });
    const line = this.#lines.get(sessionId);
    await line?.end().catch((problem) => line.note(`its end could not be told: ${problem.message}`));
  }

  /** A session that cannot be shown is ended: nobody would know that its microphone is on. */
  async #showNew(line) {
    try {
      await this.show(line.id);
    } catch (problem) {
      await line.end().catch(() => {}); // its microphone is off in any case, and why it is not shown is what is told
      throw problem;
    }
  }

  #hold(line) {
    this.#lines.set(line.id, line);
    line.addEventListener("change", () => this.#tell("change"));
    line.addEventListener("voice", () => this.#tell("voice"));
    for (const name of ["lost", "back", "problem"]) line.addEventListener(name, ({ detail }) => this.#tell(name, detail));
    line.addEventListener("call", () => (line.called = this.#called(line)));
    line.addEventListener("title", ({ detail }) => nameSession(line.id, detail) && this.#tell("change"));
    return line;
  }

  /** A new call: where a script speaks, it speaks in this one too. */
  async #called(line) {
    const { source, script } = line.wishes;
    try {
      if (source === "script") {
        await play(this.settings.simulator, line.callId, script);
        line.note(`the script “${script}” plays`);
      }
      if (line.id === this.id) await this.load();
    } catch (problem) {
      line.note(`the script does not play: ${problem.message}`);
    }
  }

  #read() {
    keepSaid(this.id, this.sideband.items);
    this.#tell("change");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

async function microphoneFor({ source }) {
  if (source !== "microphone") return null;
  if (!navigator.mediaDevices) throw new Error("Browsers give microphones to pages on HTTPS or localhost only.");
  return navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true } });
}
