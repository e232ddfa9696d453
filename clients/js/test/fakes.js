/** A page, a server and a network for tests: nothing waits, nothing is random, nothing leaves the process. */

import { Switchboard } from "../index.js";

/** Time that moves only when told to. */
export class Clock {
  seconds = Date.parse("2026-01-01T00:00:00Z") / 1000;
  #due = [];

  get waiting() {
    return this.#due.length;
  }

  now = () => this.seconds;

  later = (seconds, work) => {
    const timer = { at: this.seconds + seconds, work };
    this.#due.push(timer);
    return () => (this.#due = this.#due.filter((each) => each !== timer));
  };

  /** Let time pass, and everything happen that is due meanwhile. */
  async pass(seconds) {
    const until = this.seconds + seconds;
    for (;;) {
      await settle();
      const next = this.#due.sort((one, other) => one.at - other.at)[0];
      if (!next || next.at > until) break;
      this.#due.shift();
      this.seconds = Math.max(this.seconds, next.at);
      next.work();
    }
    this.seconds = until;
    await settle();
  }

  iso(seconds) {
    return new Date((this.seconds + seconds) * 1000).toISOString();
  }
}

/** Let everything run that waits for nothing. */
export async function settle() {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

/** Answers requests as the API does; `refuse` holds errors to answer with first. */
export class Server {
  requests = [];
  refuse = [];
  restored = "full";
  instructions = "Be brief.";
  pages = [];
  calls = 0;
  secrets = 0;

  constructor(clock) {
    this.clock = clock;
  }

  fetch = async (url, { method = "GET", headers = {}, body, keepalive } = {}) => {
    const path = new URL(url).pathname;
    const request = { method, path, url, headers, keepalive, body: body?.startsWith?.("{") ? JSON.parse(body) : body };
    this.requests.push(request);
    const refusal = this.refuse.find((each) => each.path === path);
    if (refusal) {
      this.refuse.splice(this.refuse.indexOf(refusal), 1);
      if (refusal.bare) return new Response("<html>", { status: refusal.status });
      if (refusal.network) throw new TypeError("fetch failed");
      if (refusal.cut) return new Response(cut(refusal.cut), { status: refusal.status ?? 200 });
      const error = { code: refusal.code, message: "Not now.", request_id: "req_1", retry_after: refusal.retryAfter };
      return Response.json({ error }, { status: refusal.status });
    }
    return this.#answer(request);
  };

  asked(path) {
    return this.requests.filter((request) => request.path === path);
  }

  #answer({ path, body }) {
    if (path === "/session") return Response.json(this.#session(body), this.#made());
    if (path === "/session/renew") return Response.json({ ...this.#session(body), restored: this.restored });
    if (path.endsWith("/realtime/calls")) {
      this.calls += 1;
      const location = `/realtime/calls/rtc_${this.calls}`;
      return new Response("v=0\r\nanswer\r\n", { status: 201, headers: { location } });
    }
    if (path === "/session/sess_1") return Response.json({ ...this.#session({}), clientSecret: undefined, status: "open" });
    if (path.endsWith("/transcript")) return Response.json(this.pages.shift() ?? { items: [], cursor: null, status: "ended" });
    return Response.json({ path });
  }

  #session(body) {
    this.secrets += 1;
    return {
      sessionId: "sess_1",
      clientSecret: `ek_${this.secrets}`,
      expiresAt: this.clock.iso(600),
      mode: body.mode ?? "relay",
      model: "gpt-realtime-2.1",
      voice: "marin",
      instructions: this.instructions,
    };
  }

  #made() {
    return { status: 201, headers: { "x-guest-token": "gst_1" } };
  }
}

/** A body that breaks off behind this text. */
function cut(text) {
  return new ReadableStream({
    pull(controller) {
      if (text) controller.enqueue(new TextEncoder().encode(text));
      else controller.error(new TypeError("terminated"));
      text = "";
    },
  });
}

/** A page that counts who listens to it. */
class Page extends EventTarget {
  listeners = 0;

  addEventListener(...given) {
    super.addEventListener(...given);
    this.listeners += 1;
  }

  removeEventListener(...given) {
    super.removeEventListener(...given);
    this.listeners -= 1;
  }
}

/** A network of peer connections: `opens` tells whether data channels open, `offered` is called as they are; `made` holds all. */
export function network() {
  const made = [];
  const state = { opens: true };
  class RTCPeerConnection extends EventTarget {
    connectionState = "new";
    tracks = [];
    closed = false;

    constructor() {
      super();
      made.push(this);
    }

    createDataChannel(label) {
      this.channel = Object.assign(new EventTarget(), { label, readyState: "connecting", sent: [] });
      this.channel.send = (text) => this.channel.sent.push(JSON.parse(text));
      this.channel.close = () => (this.channel.readyState = "closed");
      return this.channel;
    }

    /** Returns a sender; `tracks` holds what each sender sends now. */
    addTrack(track) {
      const index = this.tracks.push(track) - 1;
      return { replaceTrack: async (other) => void (this.tracks[index] = other) };
    }

    addTransceiver(kind, { direction }) {
      return { sender: this.addTrack(direction === "recvonly" ? `${kind} ${direction}` : null) };
    }

    async createOffer() {
      state.offered?.();
      return { type: "offer", sdp: `v=0\r\noffer ${made.length}\r\n` };
    }

    async setLocalDescription(description) {
      this.localDescription = description;
    }

    async setRemoteDescription(description) {
      this.remoteDescription = description;
      if (state.opens) this.open();
    }

    open() {
      this.channel.readyState = "open";
      this.channel.dispatchEvent(new Event("open"));
    }

    /** The network decides. */
    become(connectionState) {
      this.connectionState = connectionState;
      this.dispatchEvent(new Event("connectionstatechange"));
    }

    hear(...events) {
      for (const event of events) this.#hear(event);
    }

    /** The other side's voice arrives. */
    sound(stream) {
      this.dispatchEvent(Object.assign(new Event("track"), { streams: [stream] }));
    }

    #hear(event) {
      this.channel.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(event) }));
    }

    close() {
      this.closed = true;
    }
  }
  return { RTCPeerConnection, made, state };
}

/** Everything together: a client in a page. */
export function world(options = {}) {
  const clock = new Clock();
  const server = new Server(clock);
  const net = network();
  const page = new Page();
  const beacons = [];
  const state = { visible: true, online: true, chance: 0 };
  const switchboard = new Switchboard("https://api.test/", {
    fetch: server.fetch,
    RTCPeerConnection: net.RTCPeerConnection,
    now: clock.now,
    later: clock.later,
    page,
    outlives: true,
    visible: () => state.visible,
    online: () => state.online,
    random: () => state.chance,
    sendBeacon: (url, body) => beacons.push({ url, body }) > 0,
    ...options,
  });
  return { clock, server, net, page, beacons, state, switchboard };
}

/** A session with its first call. */
export async function connected(options, request) {
  const it = world(options);
  const session = await it.switchboard.create(request);
  const told = [];
  for (const name of ["state", "renewed", "message", "error"]) session.on(name, (value) => told.push([name, value]));
  await session.connect(["microphone"]);
  return { ...it, session, told };
}

export const said = (id, text) => ({
  type: "conversation.item.input_audio_transcription.completed",
  item_id: id,
  transcript: text,
});
export const begins = { type: "input_audio_buffer.speech_started" };
export const answers = { type: "response.created" };
export const answered = { type: "response.done" };
export const replied = (id, text) => ({ type: "response.output_audio_transcript.done", item_id: id, transcript: text });
