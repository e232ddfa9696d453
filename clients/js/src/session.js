import { Comeback } from "./comeback.js";
import { SwitchboardError } from "./errors.js";
import { Leg } from "./leg.js";
import * as limits from "./limits.js";
import { Parting } from "./parting.js";
import { Reading } from "./reading.js";
import { Secret } from "./secret.js";
import { seed, Talk } from "./talk.js";
import { Turns } from "./turns.js";
import { Vigil } from "./vigil.js";

const UNAUTHORIZED = 401;

/**
 * One voice session, over as many calls as it takes.
 *
 * It renews itself: before a secret runs out, and before a call's hour ends; the next call is up before the last one is
 * left. It places a new call when one is lost. A page that closes leaves a log behind.
 */
export class VoiceSession extends Reading {
  #api;
  #surroundings;
  #secret;
  #tracks = [];
  #leg;
  #placing;
  #leaving;
  #talk = new Talk();
  #parting;
  #vigil;
  #turns = new Turns();
  #connecting;
  #ending;
  #comeback;
  #idleRenewals = 0;
  #takingOver = false;
  #notBefore = 0;

  /** Made by `Switchboard.create`. `options` has callsUrl (for direct mode) and log. */
  constructor(api, surroundings, made, options = {}) {
    super(api, surroundings, made.sessionId);
    this.#api = api;
    this.#surroundings = surroundings;
    this.#comeback = new Comeback(surroundings);
    this.mode = made.mode;
    this.model = made.model;
    this.voice = made.voice;
    this.instructions = made.instructions;
    this.state = "new";
    this.#secret = new Secret(api, surroundings, { id: this.id, mode: this.mode, callsUrl: options.callsUrl }, made);
    const metadata = () => ({ sessionId: this.id, callId: this.callId, model: this.model, voice: this.voice });
    if (options.log !== false) this.#parting = new Parting(api, surroundings, this.#talk, metadata);
    this.#vigil = new Vigil(surroundings, (woken) => this.#look(woken));
  }

  get callId() {
    return this.#leg?.callId;
  }

  /**
   * Place the first call, with a microphone's stream or tracks; without, it only listens. Where a call is live, another
   * takes over, with the other microphone.
   */
  connect(microphone) {
    if (this.state !== "connecting") this.#connecting = this.#connect(microphone);
    return this.#connecting;
  }

  /** Take a new secret, and where a call is live, a new call. Resolves to what it knows: `full`, `digest` or `none`. */
  async renew() {
    this.#requireOpen();
    return this.#turns.take(async () => {
      const restored = await this.#renew();
      if (this.#leg?.isOpen) await this.#place();
      return restored;
    });
  }

  /** Send an event to the model. */
  send(event) {
    this.#requireOpen();
    if (!this.#leg) throw new SwitchboardError("call_failed", "There is no call.");
    this.#leg.send(event);
  }

  /** End the session, here and there. If the server could not be told, ending it again tells it. */
  async end() {
    this.#stop("ended");
    this.#ending ??= this.#api.ask("POST", `/session/${this.id}/end`, { repeatable: true });
    try {
      await this.#ending;
    } catch (error) {
      this.#ending = undefined;
      throw error;
    }
    await this.#parting?.upload();
  }

  /** Hang up and let go of the page. The session stays open: `Switchboard.resume` takes it up again. */
  close() {
    if (this.#isOver) return;
    this.#stop("closed");
    this.#parting?.leave();
    this.#parting?.stop();
  }

  async #connect(microphone) {
    this.#requireOpen();
    this.#tracks = microphone?.getAudioTracks?.() ?? microphone ?? [];
    if (!this.#leg?.isOpen) this.#enter("connecting");
    this.#comeback.refresh();
    this.#comeback.rouse();
    try {
      await this.#turns.take(() => this.#place());
    } catch (error) {
      if (this.state === "connecting") this.#enter("new");
      throw error;
    }
    this.#requireOpen();
  }

  /** Place the next call. One that is live goes on until the next is up, and a pause in the talk has come. */
  async #place() {
    if (this.#isOver) return;
    if (!this.#secret.isGood) await this.#renew();
    const before = this.#leg?.isOpen ? this.#leg : undefined;
    const leg = await this.#open({ silent: Boolean(before) });
    await before?.floor.quiet(this.#surroundings, limits.HANDOVER_PATIENCE);
    if (this.#isOver || !leg?.isOpen) {
      leg?.close();
      if (!this.#isOver) throw new SwitchboardError("call_failed", "The new call did not last.");
      return;
    }
    await this.#handOver(before, leg);
  }

  /** Return a call whose channel is open; none if the session is over meanwhile. */
  async #open(how) {
    const leg = new Leg(this.#surroundings, {
      onEvent: (event, from) => this.#heard(event, from),
      onAudio: (sound, from) => from === this.#leg && this.emit("audio", sound),
      onLost: (lost) => this.#lost(lost),
    });
    this.#placing = leg;
    try {
      if (!this.#isOver) await leg.place(this.#tracks, (sdp) => this.#heed(this.#offer(sdp)), how);
      return leg;
    } catch (error) {
      if (!this.#isOver) throw error;
      return undefined;
    }
  }

  /** The floor goes to the next call, and the microphone; the last one is left, whatever becomes of the next. */
  async #handOver(before, leg) {
    this.#leaving = before ?? this.#leaving;
    this.#leg = leg;
    try {
      this.#begin(leg);
      if (before) await leg.speak(this.#tracks);
    } catch (error) {
      leg.lose(); // it knows nothing, or hears nothing
      throw error;
    } finally {
      await before?.leave(limits.LAST_WORDS);
    }
    if (!leg.isOpen && !this.#isOver) throw new SwitchboardError("call_failed", "The new call did not last.");
  }

  /** From here on a loss is a loss of this call. */
  #begin(leg) {
    this.emit("call", leg.callId);
    if (leg.audio) this.emit("audio", leg.audio);
    for (const message of this.#talk.untold(this.instructions, this.#secret.knowsSince)) leg.send(seed(message));
    if (leg.isOpen) this.#enter("connected");
    this.#vigil.again();
  }

  async #offer(sdp) {
    try {
      return await this.#secret.offer(sdp);
    } catch (error) {
      if (error.status !== UNAUTHORIZED) throw error;
      await this.#renew(); // it had run out by another clock than ours, and has placed no call
      return this.#secret.offer(sdp);
    }
  }

  async #renew() {
    const { instructions, restored, expiresAt } = await this.#heed(this.#secret.renew());
    this.instructions = instructions;
    this.emit("renewed", { restored, expiresAt });
    return restored;
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
    if (woken && this.#surroundings.online()) this.#comeback.rouse();
    if (this.state === "connected") return this.#lookAtTheHour();
    return this.state === "new" ? this.#lookAtTheSecret() : undefined;
  }

  #lookAtTheHour() {
    const age = this.#surroundings.now() - this.#leg.startedAt;
    const left = limits.CALL_LONGEST - limits.CALL_MARGIN - age;
    if (age >= limits.CALL_LONGEST) this.#leg.lose(); // the machine slept over its end
    else if (left <= 0 && this.#surroundings.now() >= this.#notBefore) void this.#takeOver();
    return left > 0 ? Math.min(left, limits.LOOK) : limits.LOOK;
  }

  /** A page that is looked at keeps a secret that is good, for a while: to use it then takes no renewal. */
  #lookAtTheSecret() {
    if (this.#secret.isSpent || this.#idleRenewals >= limits.IDLE_RENEWALS) return undefined;
    const { left } = this.#secret;
    if (left > limits.LOOK) return left - limits.LOOK;
    if (this.#surroundings.visible()) {
      this.#idleRenewals += 1;
      this.#turns.take(() => this.state === "new" && this.#renew()).catch(() => {}); // its use tries again, and tells
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
      this.#notBefore = this.#surroundings.now() + (error.retryAfter ?? 0);
    } finally {
      this.#takingOver = false;
    }
  }

  #lost(leg) {
    if (leg !== this.#leg || this.#isOver) return;
    if (this.#surroundings.now() - leg.startedAt >= limits.STABLE) this.#comeback.refresh();
    this.#enter("reconnecting");
    void this.#turns.take(() => this.#reconnect());
  }

  async #reconnect() {
    const place = () => {
      this.#secret.spend(); // the new call is to know of the talk, so its secret must be new
      return this.#place();
    };
    try {
      await this.#comeback.attempt(place, () => this.state === "reconnecting");
    } catch (error) {
      this.#stop("failed");
      this.emit("error", error);
    }
  }

  /** Return the answer, unless it says that the session has ended elsewhere: then nothing is left to do here either. */
  async #heed(answer) {
    try {
      return await answer;
    } catch (error) {
      if (error.code === "session_ended" && !this.#isOver) {
        this.#ending = Promise.resolve();
        this.#stop("ended");
        void this.#parting?.upload();
      }
      throw error;
    }
  }

  #stop(state) {
    this.#enter(state);
    for (const leg of [this.#placing, this.#leg, this.#leaving]) leg?.close();
    if (this.#isOver) this.#vigil.stop();
  }

  get #isOver() {
    return this.state === "ended" || this.state === "closed";
  }

  #enter(state) {
    if (this.state === state || this.#isOver) return;
    this.state = state;
    this.emit("state", state);
  }

  #requireOpen() {
    if (this.state === "ended") throw new SwitchboardError("session_ended", "The session has ended.");
    if (this.state === "closed") throw new SwitchboardError("closed", "The session was closed here; it may be resumed.");
  }
}
