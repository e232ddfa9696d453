import { Emitter } from "./emitter.js";
import { SwitchboardError } from "./errors.js";
import { extract } from "./extraction.js";
import { Leg } from "./leg.js";
import * as limits from "./limits.js";
import { Parting } from "./parting.js";
import { stream } from "./stream.js";
import { sleep } from "./surroundings.js";
import { seed, Talk } from "./talk.js";
import { follow, read } from "./transcript.js";
import { Vigil } from "./vigil.js";

/**
 * One voice session, over as many calls as it takes.
 *
 * It renews itself: before a secret runs out, and before a call's hour ends; the next call is up before the last one is
 * left. It places a new call when one is lost. A page that closes leaves a log behind.
 */
export class VoiceSession extends Emitter {
  #api;
  #surroundings;
  #options;
  #secret;
  #tracks = [];
  #leg;
  #leaving;
  #talk = new Talk();
  #parting;
  #vigil;
  #changing;
  #failures = 0;
  #idleRenewals = 0;
  #takingOver = false;
  #rouse;

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
    this.#keep(made, surroundings.now());
    if (options.log !== false) this.#parting = new Parting(api, surroundings, this.#talk, () => this.#metadata());
    this.#vigil = new Vigil(surroundings, (woken) => this.#look(woken));
  }

  get callId() {
    return this.#leg?.callId;
  }

  /** Place the first call, with a microphone's stream or tracks; without, it only listens. */
  async connect(microphone) {
    this.#requireOpen();
    this.#tracks = microphone?.getAudioTracks?.() ?? microphone ?? [];
    this.#failures = 0;
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
      if (this.#leg?.isOpen) await this.#place();
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

  /** The transcript as the server tells it, item by item: `for await (const event of session.stream())`. */
  stream(options) {
    return stream(this.#api, this.id, this.#surroundings, options);
  }

  /** The server's record of the session: its calls, its audit. */
  record() {
    return this.#api.ask("GET", `/session/${this.id}`);
  }

  /** What the transcript says of the person; waits until it is read. */
  extract(schema) {
    return extract(this.#api, this.id, this.#surroundings, schema);
  }

  /** End the session, here and there. */
  async end() {
    if (this.state === "ended") return;
    this.#stop("ended");
    await this.#api.ask("POST", `/session/${this.id}/end`, { repeatable: true });
    await this.#parting?.upload();
  }

  /** One after the other: a renewal, a loss and an hour's end may come at once. */
  #alone(change) {
    const turn = (this.#changing ?? Promise.resolve()).catch(() => {}).then(change);
    this.#changing = turn;
    return turn;
  }

  /** Place the next call. One that is live goes on until the next is up, and a pause in the talk has come. */
  async #place() {
    if (this.#secret.spent || this.#isShort()) await this.#renew();
    const leg = new Leg(this.#surroundings, {
      onEvent: (event, from) => this.#heard(event, from),
      onAudio: (sound, from) => from === this.#leg && this.emit("audio", sound),
      onLost: (lost) => this.#lost(lost),
    });
    const before = this.#leg?.isOpen ? this.#leg : undefined;
    await leg.place(this.#tracks, (sdp) => this.#offer(sdp), { silent: Boolean(before) });
    await before?.floor.quiet(this.#surroundings, limits.HANDOVER_PATIENCE);
    if (this.state === "ended" || !leg.isOpen) {
      leg.close();
      if (this.state !== "ended") throw new SwitchboardError("call_failed", "The new call did not last.");
      return;
    }
    this.#leg = leg;
    this.emit("call", leg.callId);
    if (leg.audio) this.emit("audio", leg.audio);
    for (const message of this.#talk.untold(this.instructions, this.#secret.knowsSince)) leg.send(seed(message));
    if (before) await this.#handOver(before, leg);
    this.#enter("connected");
    this.#vigil.again();
  }

  /** The microphone goes to the next call; the last one is left when it has said all it owes. */
  async #handOver(before, leg) {
    await leg.speak(this.#tracks);
    await before.hush();
    this.#leaving = before;
    void before.floor.quiet(this.#surroundings, limits.LAST_WORDS).then(() => before.close());
  }

  async #offer(sdp) {
    const secret = this.#secret;
    if (this.mode === "relay") {
      secret.spent = true; // whatever becomes of it: another try takes another ticket
      return this.#api.offer(`${this.#api.baseUrl}/realtime/calls`, secret.value, sdp);
    }
    const placed = await this.#api.offer(this.#options.callsUrl, secret.value, sdp);
    const body = { sessionId: this.id, callId: placed.callId };
    await this.#api.ask("POST", "/session/call", { body, repeatable: true });
    return placed;
  }

  async #renew() {
    const asked = this.#surroundings.now();
    const made = await this.#api.ask("POST", "/session/renew", { body: { sessionId: this.id }, repeatable: true });
    this.instructions = made.instructions;
    this.#keep(made, asked);
    this.emit("renewed", { restored: made.restored, expiresAt: made.expiresAt });
    return made.restored;
  }

  /** Messages since `knowsSince` may be unknown to a call that this secret opens. */
  #keep({ clientSecret, expiresAt, restored }, asked) {
    const knowsSince = restored === "none" ? -Infinity : asked - limits.HEARD_LATE;
    this.#secret = { value: clientSecret, expiresAt: Date.parse(expiresAt) / 1000, spent: false, knowsSince };
  }

  #isShort() {
    return this.#secret.expiresAt - limits.SECRET_MARGIN <= this.#surroundings.now();
  }

  #heard(event, leg) {
    this.emit("event", event);
    const message = this.#talk.take(event, this.#surroundings.now());
    if (!message) return;
    if (leg === this.#leaving && this.#leg.isOpen) this.#leg.send(seed(message)); // the last call's last words
    this.emit("message", message);
  }

  /** Do what is due by now; return the seconds until the next look, if there is anything to look at. */
  #look(woken) {
    if (woken && this.#surroundings.online()) this.#rouse?.();
    if (this.state === "connected") return this.#lookAtTheHour();
    return this.state === "new" ? this.#lookAtTheSecret() : undefined;
  }

  #lookAtTheHour() {
    const age = this.#surroundings.now() - this.#leg.startedAt;
    const left = limits.CALL_LONGEST - limits.CALL_MARGIN - age;
    if (age >= limits.CALL_LONGEST) this.#leg.lose(); // the machine slept over its end
    else if (left <= 0) void this.#takeOver();
    return left > 0 ? Math.min(left, limits.LOOK) : limits.LOOK;
  }

  /** A page that is looked at keeps a secret that is good, for a while: to use it then takes no renewal. */
  #lookAtTheSecret() {
    if (this.#secret.spent || this.#idleRenewals >= limits.IDLE_RENEWALS) return undefined;
    const left = this.#secret.expiresAt - limits.SECRET_MARGIN - this.#surroundings.now();
    if (left > limits.LOOK) return left - limits.LOOK;
    if (this.#surroundings.visible()) {
      this.#idleRenewals += 1;
      this.#alone(() => this.state === "new" && this.#renew()).catch(() => {}); // its use tries again, and tells
    }
    return limits.LOOK;
  }

  /** Renew at the next pause in the talk. If that fails the next look tries again; the hour's end is a loss like another. */
  async #takeOver() {
    if (this.#takingOver) return;
    this.#takingOver = true;
    try {
      await this.#leg.floor.quiet(this.#surroundings, limits.PAUSE_PATIENCE);
      if (this.state === "connected") await this.renew();
    } catch (error) {
      if (error.code === "session_ended") this.#finish();
    } finally {
      this.#takingOver = false;
    }
  }

  #lost(leg) {
    if (leg !== this.#leg || this.state === "ended") return;
    if (this.#surroundings.now() - leg.startedAt >= limits.STABLE) this.#failures = 0;
    this.#enter("reconnecting");
    void this.#alone(() => this.#reconnect());
  }

  async #reconnect() {
    while (this.state === "reconnecting") {
      await this.#pause(Math.min(limits.RECONNECT_FIRST * 2 ** this.#failures, limits.RECONNECT_LONGEST));
      if (!this.#surroundings.online()) continue; // no try is wasted where there is no network
      if (this.state !== "reconnecting") return;
      this.#failures += 1;
      try {
        this.#secret.spent = true; // the new call is to know of the talk, so its secret must be new
        await this.#place();
      } catch (error) {
        if (error.code === "session_ended") this.#finish();
        else if (!error.mayHeal || this.#failures >= limits.RECONNECT_TRIES) {
          this.#stop("failed");
          this.emit("error", error);
        }
      }
    }
  }

  /** Wait so long, or until the page wakes with a network. */
  async #pause(seconds) {
    const roused = new AbortController();
    this.#rouse = () => roused.abort();
    await sleep(this.#surroundings, seconds, roused.signal);
  }

  /** The session has ended elsewhere. */
  #finish() {
    this.#stop("ended");
    void this.#parting?.upload();
  }

  #stop(state) {
    this.#enter(state);
    this.#leg?.close();
    this.#leaving?.close();
    if (state === "ended") this.#vigil.stop();
    if (state === "ended") this.#parting?.stop();
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
}
