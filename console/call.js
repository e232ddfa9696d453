/** One WebRTC call: sound both ways, and the data channel's events as DOM events of the same name. */

const OPEN_WITHIN_MS = 15_000; // ICE gives up by itself much later than a person does

export class Call extends EventTarget {
  /** @param {MediaStream | null} microphone without one nothing is sent, and a script may speak for the person */
  constructor(microphone) {
    super();
    this.connection = new RTCPeerConnection();
    this.microphone = microphone;
    this.voice = null;
    this.id = null;
    this.channel = this.connection.createDataChannel("oai-events");
    const track = microphone?.getAudioTracks()[0];
    if (track) this.connection.addTrack(track, microphone);
    else this.connection.addTransceiver("audio");
    this.connection.ontrack = ({ streams, track: voice }) => {
      this.voice = streams[0] ?? new MediaStream([voice]);
      this.#tell("voice");
    };
    this.channel.onmessage = ({ data }) => this.#tell("event", JSON.parse(data));
    this.channel.onclose = () => this.#tell("over");
  }

  /** Place the call at a URL that takes offers. @returns {Promise<string>} its id, once events can flow */
  async place(url, secret) {
    const open = this.#opened();
    await this.connection.setLocalDescription();
    const answer = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/sdp" },
      body: this.connection.localDescription.sdp,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(messageOf(text) ?? `The call was refused with ${answer.status}.`);
    this.id = answer.headers.get("location").split("/").pop();
    await this.connection.setRemoteDescription({ type: "answer", sdp: text });
    await open;
    return this.id;
  }

  send(event) {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify(event));
  }

  mute(muted) {
    for (const track of this.microphone?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  /** Leave; `keepMicrophone` when the next call goes on with it. */
  close({ keepMicrophone = false } = {}) {
    this.channel.onclose = null;
    this.connection.close();
    if (!keepMicrophone) for (const track of this.microphone?.getTracks() ?? []) track.stop();
  }

  #opened() {
    const open = new Promise((resolve, reject) => {
      this.channel.onopen = resolve;
      setTimeout(() => reject(new Error("The call did not connect.")), OPEN_WITHIN_MS);
    });
    open.catch(() => {}); // whoever awaits it is told; nobody does if placing has failed before
    return open;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function messageOf(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return null;
  }
}
