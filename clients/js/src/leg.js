import { SwitchboardError } from "./errors.js";
import * as limits from "./limits.js";

/**
 * One call: a peer connection, its audio and its data channel. It tells its owner of events and of its loss, once.
 */
export class Leg {
  #surroundings;
  #connection;
  #channel;
  #told;
  #over = false;
  #waiting = () => {};

  /** `told` has onEvent(event), onAudio(stream) and onLost(leg). */
  constructor(surroundings, told) {
    this.#surroundings = surroundings;
    this.#told = told;
  }

  /** Place the call: `post(sdp)` returns its id and the answer. Resolves when the data channel is open. */
  async place(tracks, post) {
    const { RTCPeerConnection } = this.#surroundings;
    if (!RTCPeerConnection) throw new SwitchboardError("call_failed", "This browser has no WebRTC.");
    const connection = (this.#connection = new RTCPeerConnection());
    try {
      this.#channel = connection.createDataChannel("oai-events");
      const opened = this.#opened();
      opened.catch(() => {}); // its failure is awaited below, unless something fails before
      connection.addEventListener("track", (event) => this.#told.onAudio(event.streams[0] ?? event.track));
      connection.addEventListener("connectionstatechange", () => this.#changed(connection.connectionState));
      if (tracks.length) for (const track of tracks) connection.addTrack(track);
      else connection.addTransceiver("audio", { direction: "recvonly" });
      const offer = await connection.createOffer();
      await connection.setLocalDescription(offer);
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
    if (!this.isOpen) throw new SwitchboardError("closed", "There is no open call.");
    this.#channel.send(JSON.stringify(event));
  }

  /** Hang up on our side, and say nothing of it. */
  close() {
    this.#over = true;
    this.#waiting();
    this.#channel?.close();
    this.#connection?.close();
  }

  #opened() {
    const channel = this.#channel;
    channel.addEventListener("message", (message) => this.#heard(message.data));
    return new Promise((resolve, reject) => {
      const failed = (words) => reject(new SwitchboardError("call_failed", words));
      channel.addEventListener("open", () => {
        this.#waiting();
        resolve();
      });
      channel.addEventListener("close", () => {
        failed("The call ended before it began.");
        this.#lose();
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
    if (!this.#over && typeof event?.type === "string") this.#told.onEvent(event);
  }

  #changed(state) {
    if (this.startedAt === undefined) return; // until then the channel's opening is waited for
    this.#waiting();
    if (state === "failed" || state === "closed") this.#lose();
    if (state === "disconnected") this.#wait(limits.DISCONNECTED_GRACE, () => this.#lose());
  }

  /** Do it then, unless something else happens first. */
  #wait(seconds, work) {
    this.#waiting = this.#surroundings.later(seconds, work);
  }

  #lose() {
    if (this.#over || this.startedAt === undefined) return;
    this.close();
    this.#told.onLost(this);
  }
}
