import { SwitchboardError } from "./errors.js";
import { Floor } from "./floor.js";
import * as limits from "./limits.js";

/**
 * One call: a peer connection, its audio and its data channel. It tells its owner of events and of its loss, once.
 */
export class Leg {
  #surroundings;
  #connection;
  #channel;
  #told;
  #senders = [];
  #over = false;
  #waiting = () => {};
  #giveUp = () => {};
  #leave;
  #left = new Promise((resolve) => (this.#leave = resolve));
  floor = new Floor();

  /** `told` has onEvent(event, leg), onAudio(stream, leg) and onLost(leg). */
  constructor(surroundings, told) {
    this.#surroundings = surroundings;
    this.#told = told;
  }

  /**
   * Place the call: `post(sdp)` returns its id and the answer. Resolves when the data channel is open. A `silent` call
   * has places for the tracks and hears nothing until `speak`.
   */
  async place(tracks, post, { silent = false } = {}) {
    const { RTCPeerConnection } = this.#surroundings;
    if (!RTCPeerConnection) throw new SwitchboardError("call_failed", "This browser has no WebRTC.");
    const connection = (this.#connection = new RTCPeerConnection());
    try {
      this.#channel = connection.createDataChannel("oai-events");
      const opened = this.#opened();
      opened.catch(() => {}); // its failure is awaited below, unless something fails before
      connection.addEventListener("track", (event) => {
        this.audio = event.streams[0] ?? event.track;
        this.#told.onAudio(this.audio, this);
      });
      connection.addEventListener("connectionstatechange", () => this.#changed(connection.connectionState));
      if (!tracks.length) connection.addTransceiver("audio", { direction: "recvonly" });
      this.#senders = tracks.map((track) =>
        silent ? connection.addTransceiver("audio", { direction: "sendrecv" }).sender : connection.addTrack(track),
      );
      const offer = await connection.createOffer();
      await connection.setLocalDescription(offer);
      if (this.#over) throw new SwitchboardError("call_failed", "The call was left before it began.");
      const { callId, answer } = await post(connection.localDescription?.sdp ?? offer.sdp);
      this.callId = callId;
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
      await opened;
    } catch (error) {
      this.close();
      if (error instanceof SwitchboardError) throw error;
      throw new SwitchboardError("call_failed", "The call could not be placed.", { cause: error });
    }
    this.startedAt = this.#surroundings.now();
  }

  get isOpen() {
    return !this.#over && this.#channel?.readyState === "open";
  }

  send(event) {
    if (!this.isOpen) throw new SwitchboardError("call_failed", "There is no open call.");
    try {
      this.#channel.send(JSON.stringify(event));
    } catch (cause) {
      throw new SwitchboardError("call_failed", "The call does not take the event.", { cause });
    }
  }

  /** Give the microphone's tracks to a silent call. Returns at once if the call is over, or is meanwhile. */
  async speak(tracks) {
    if (!this.isOpen) return;
    try {
      await this.#replace(tracks);
    } catch (cause) {
      throw new SwitchboardError("call_failed", "The call does not take the microphone.", { cause });
    }
  }

  /** Hear no more, and hang up when all that is owed is said; after so many seconds at the latest. */
  async leave(seconds) {
    await this.#hush();
    if (this.isOpen) void this.floor.quiet(this.#surroundings, seconds).then(() => this.close());
    else this.close();
  }

  /** Take the microphone away; a sentence that it cuts is heard as far as it came. */
  async #hush() {
    if (!this.isOpen) return;
    try {
      if (this.floor.isSpeaking) this.send({ type: "input_audio_buffer.commit" });
      await this.#replace([]);
    } catch {
      // it was lost meanwhile, and hears nothing any more
    }
  }

  /** Hang up on our side, and say nothing of it. */
  close() {
    this.#over = true;
    this.#leave();
    this.#waiting();
    this.#giveUp();
    this.floor.clear();
    this.#channel?.close();
    this.#connection?.close();
  }

  /** Send these tracks, and nothing where there is none. On a connection that is closed meanwhile no browser answers. */
  #replace(tracks) {
    const changes = this.#senders.map((sender, index) => sender.replaceTrack(tracks[index] ?? null));
    return Promise.race([Promise.all(changes), this.#left]);
  }

  #opened() {
    const channel = this.#channel;
    channel.addEventListener("message", (message) => this.#heard(message.data));
    return new Promise((resolve, reject) => {
      const failed = (words) => reject(new SwitchboardError("call_failed", words));
      this.#giveUp = () => reject(new SwitchboardError("call_failed", "The call was left before it began."));
      channel.addEventListener("open", () => {
        this.#waiting();
        resolve();
      });
      channel.addEventListener("close", () => {
        failed("The call ended before it began.");
        this.lose();
      });
      this.#wait(limits.CHANNEL_PATIENCE, () => failed("The call did not connect in time."));
    });
  }

  #heard(data) {
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      return; // whatever that was, it is no event
    }
    if (this.#over || typeof event?.type !== "string") return;
    this.floor.take(event);
    this.#told.onEvent(event, this);
  }

  #changed(state) {
    if (this.startedAt === undefined) return; // until then the channel's opening is waited for
    this.#waiting();
    if (state === "failed" || state === "closed") this.lose();
    if (state === "disconnected") this.#wait(limits.DISCONNECTED_GRACE, () => this.lose());
  }

  /** Do it then, unless something else happens first. */
  #wait(seconds, work) {
    this.#waiting = this.#surroundings.later(seconds, work);
  }

  /** The call is gone: close what is left of it, and say so. */
  lose() {
    if (this.#over || this.startedAt === undefined) return;
    this.close();
    this.#told.onLost(this);
  }
}
