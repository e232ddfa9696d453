/** The little of a page that the client's example touches; the other end of its connection is never reached. */

import { readFileSync } from "node:fs";

class RTCPeerConnection extends EventTarget {
  connectionState = "new";

  createDataChannel() {
    this.channel = Object.assign(new EventTarget(), { readyState: "connecting", send() {}, close() {} });
    return this.channel;
  }

  addTrack() {}

  async createOffer() {
    return { type: "offer", sdp: readFileSync(process.env.OFFER, "utf8") };
  }

  async setLocalDescription(description) {
    this.localDescription = description;
  }

  async setRemoteDescription({ sdp }) {
    if (!sdp.startsWith("v=0") || !sdp.endsWith("\n")) throw new Error("that is no SDP answer");
    this.channel.readyState = "open";
    this.channel.dispatchEvent(new Event("open"));
  }

  close() {}
}

const stream = { getAudioTracks: () => [{ kind: "audio" }] };
const navigator = { mediaDevices: { getUserMedia: async () => stream } };
const document = { querySelector: () => ({}) };
for (const [name, value] of Object.entries({ RTCPeerConnection, navigator, document })) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}
globalThis.location = { origin: process.env.API_URL };
