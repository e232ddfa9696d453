import { Emitter } from "./emitter.js";
import { SwitchboardError } from "./errors.js";
import { Leg } from "./leg.js";
import * as limits from "./limits.js";
import { sleep } from "./surroundings.js";
import { Talk } from "./talk.js";
import { follow, read } from "./transcript.js";

const LOGS = "/realtime/logs";

/**
 * One voice session, over as many calls as it takes.
 *
 * It renews itself: before a secret is needed that has run out or is spent, and before a call's hour ends. It places a
 * new call when one is lost. A page that closes leaves a log behind.
 */
export class VoiceSession extends Emitter {
  #api;
  #surroundings;
  #options;
  #secret;
  #tracks = [];
  #leg;
  #talk = new Talk();
  #changing;
  #failures = 0;
  #unheard = () => {};
  #unwatched = () => {};

  /** Made by `Switchboard.create`. `options` has callsUrl (for direct mode) and log. */
  constructor(api, surroundings, made, options = {}) {
    super();
    this.#api = api;
    this.#surroundings = surroundings;
    this.#options = options;
    this.id = made.sessionId;
    this.mode = made.mode;
    this.model = made.model;
    this.voice = made.voice;
    this.instructions = made.instructions;
    this.state = "new";
    this.#keep(made);
    this.#listenToPage();
  }

  get callId() {
    return this.#leg?.callId;
  }

  /** Place the first call, with a microphone's stream or tracks; without, it only listens. */
  async connect(microphone) {
    this.#requireOpen();
    this.#tracks = microphone?.getAudioTracks?.() ?? microphone ?? [];
    this.#enter("connecting");
    try {
      await this.#alone(() => this.#place());
    } catch (error) {
      this.#enter("new");
      throw error;
    }
  }

  /** Take a new secret, and where a call is live, a new call. Resolves to what it knows: `full`, `digest` or `none`. */
  async renew() {
    this.#requireOpen();
    return this.#alone(async () => {
      const restored = await this.#renew();
      if (this.#leg?.isOpen) await this.#place(restored);
      return restored;
    });
  }

  /** Send an event to the model. */
  send(event) {
    if (!this.#leg) throw new SwitchboardError("closed", "There is no call.");
    this.#leg.send(event);
  }

  /** The transcript as the server has it. */
  transcript() {
    return read(this.#api, this.id);
  }

  /** The transcript as it grows: `for await (const item of session.follow())`. Ends with the session. */
  follow({ signal } = {}) {
    return follow(this.#api, this.id, this.#surroundings, signal);
  }

  /** The server's record of the session: its calls, its audit. */
  record() {
    return this.#api.ask("GET", `/session/${this.id}`);
  }

  /** What the transcript says of the person; waits until it is read. */
  async extract(schema) {
    const request = { body: { sessionId: this.id, ...(schema ? { schema } : {}) }, repeatable: true };
    let answer = await this.#api.ask("POST", "/extract-profile", request);
    while (answer.status === "running") {
      await sleep(this.#surroundings, limits.POLL);
      answer = await this.#api.ask("GET", `/extract-profile/${answer.extractionId}`);
    }
    return answer;
  }

  /** End the session, here and there. */
  async end() {
    if (this.state === "ended") return;
    this.#stop("ended");
    await this.#api.ask("POST", `/session/${this.id}/end`, { repeatable: true });
    if (this.#options.log !== false && this.#talk.messages.size) {
      const body = JSON.parse(this.#talk.log(this.#metadata()));
      await this.#api.ask("POST", LOGS, { body, repeatable: true }).catch(() => {}); // telemetry: nobody waits for it
    }
  }

  /** One after the other: a renewal, a loss and an hour's end may come at once. */
  #alone(change) {
    const turn = (this.#changing ?? Promise.resolve()).catch(() => {}).then(change);
    this.#changing = turn;
    return turn;
  }

  async #place(restored) {
    if (this.#secret.spent || this.#secret.expiresAt - limits.SECRET_MARGIN <= this.#surroundings.now()) {
      restored = await this.#renew();
    }
    const leg = new Leg(this.#surroundings, {
      onEvent: (event) => this.#heard(event),
      onAudio: (stream) => this.emit("audio", stream),
      onLost: (lost) => this.#lost(lost),
    });
    const before = this.#leg;
    try {
      await leg.place(this.#tracks, (sdp) => this.#offer(sdp, before));
    } catch (error) {
      if (before && !before.isOpen && this.state === "connected") this.#lost(before);
      throw error;
    }
    if (this.state === "ended") return leg.close();
    before?.close();
    this.#leg = leg;
    if (restored === "none") for (const seed of this.#talk.seeds()) leg.send(seed);
    this.#watchTheHour(leg);
    this.#enter("connected");
    return undefined;
  }

  async #offer(sdp, before) {
    const secret = this.#secret;
    if (this.mode === "direct") {
      const placed = await this.#api.offer(this.#options.callsUrl, secret.value, sdp);
      const body = { sessionId: this.id, callId: placed.callId };
      await this.#api.ask("POST", "/session/call", { body, repeatable: true });
      return placed;
    }
    secret.spent = true; // whatever becomes of it: another try takes another ticket
    const placed = await this.#api.offer(`${this.#api.baseUrl}/realtime/calls`, secret.value, sdp);
    before?.close(); // the server hangs up the call that this one replaces
    return placed;
  }

  async #renew() {
    const made = await this.#api.ask("POST", "/session/renew", { body: { sessionId: this.id }, repeatable: true });
    this.#keep(made);
    this.instructions = made.instructions;
    this.emit("renewed", { restored: made.restored, expiresAt: made.expiresAt });
    return made.restored;
  }

  #keep({ clientSecret, expiresAt }) {
    this.#secret = { value: clientSecret, expiresAt: Date.parse(expiresAt) / 1000, spent: false };
  }

  #heard(event) {
    this.emit("event", event);
    const message = this.#talk.take(event);
    if (message) this.emit("message", message);
  }

  #watchTheHour(leg) {
    this.#unwatched();
    this.#unwatched = this.#surroundings.later(limits.CALL_LONGEST - limits.CALL_MARGIN, () => {
      if (leg.isOpen) this.renew().catch((error) => this.emit("error", error)); // its end is a loss, which is mended
    });
  }

  #lost(leg) {
    if (leg !== this.#leg || this.state === "ended") return;
    if (this.#surroundings.now() - leg.startedAt >= limits.STABLE) this.#failures = 0;
    this.#enter("reconnecting");
    void this.#alone(() => this.#reconnect());
  }

  async #reconnect() {
    while (this.state === "reconnecting") {
      const pause = Math.min(limits.RECONNECT_FIRST * 2 ** this.#failures, limits.RECONNECT_LONGEST);
      this.#failures += 1;
      await sleep(this.#surroundings, pause);
      if (this.state !== "reconnecting") return;
      try {
        this.#secret.spent = true; // the new call is to know of the talk, so its secret must be new
        await this.#place();
      } catch (error) {
        if (error.code === "session_ended") return this.#stop("ended");
        if (!error.mayHeal || this.#failures >= limits.RECONNECT_TRIES) {
          this.#stop("failed");
          return this.emit("error", error);
        }
      }
    }
    return undefined;
  }

  #stop(state) {
    this.#enter(state);
    this.#leg?.close();
    this.#unheard();
    this.#unwatched();
  }

  #enter(state) {
    if (this.state === state || this.state === "ended") return;
    this.state = state;
    this.emit("state", state);
  }

  #requireOpen() {
    if (this.state === "ended") throw new SwitchboardError("session_ended", "The session has ended.");
  }

  #metadata() {
    return { sessionId: this.id, callId: this.callId, model: this.model, voice: this.voice };
  }

  /** A page that goes away may be gone before any answer: it leaves its log as a beacon. */
  #listenToPage() {
    const { page } = this.#surroundings;
    if (!page || this.#options.log === false) return;
    const leave = () => {
      if (!this.#talk.messages.size && !this.#talk.toolCalls.size) return;
      this.#leaveLog(this.#talk.log(this.#metadata(), limits.BEACON_BYTES));
    };
    page.addEventListener("pagehide", leave);
    this.#unheard = () => page.removeEventListener("pagehide", leave);
  }

  #leaveLog(text) {
    const url = this.#api.baseUrl + LOGS;
    const body = new Blob([text], { type: "text/plain" }); // what needs no preflight
    if (this.#surroundings.sendBeacon?.(url, body)) return;
    const request = { method: "POST", body: text, headers: { "content-type": "text/plain" }, keepalive: true };
    void this.#surroundings.fetch(url, request).catch(() => {}); // nobody is left to be told
  }
}
