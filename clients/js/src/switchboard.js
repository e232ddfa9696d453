import { Api } from "./api.js";
import { VoiceSession } from "./session.js";
import { surroundings } from "./surroundings.js";

const UPSTREAM = "https://api.openai.com/v1/realtime/calls";

/** A Switchboard backend, as one caller sees it. */
export class Switchboard {
  #api;
  #surroundings;
  #options;
  #creating = Promise.resolve();

  /** Without `token` or `apiKey` the caller is a guest, known by a cookie on the same origin, else by `guestToken`. */
  constructor(baseUrl, { token, apiKey, guestToken, callsUrl = UPSTREAM, log = true, ...given } = {}) {
    this.#surroundings = surroundings(given);
    this.#api = new Api(baseUrl, { token, apiKey, guestToken }, this.#surroundings);
    this.#options = { callsUrl, log };
  }

  /** Who this guest is, once the server has said so; give it to the next `Switchboard` to stay the same guest. */
  get guestToken() {
    return this.#api.guestToken;
  }

  /** Open a session; `reset` names one that it replaces. The call is relayed unless `mode` says `direct`. */
  async create(request = {}) {
    const ask = () => this.#api.ask("POST", "/session", { body: { mode: "relay", ...request } });
    const asked = this.#api.isStrange ? this.#creating.then(ask, ask) : ask(); // the first makes the guest that the next is
    this.#creating = asked;
    return this.#session(await asked);
  }

  /** Take up a session of this caller again, after a reload say: its talk goes on in a new call. */
  async resume(sessionId) {
    const record = await this.#api.ask("GET", `/session/${encodeURIComponent(sessionId)}`);
    const made = await this.#api.ask("POST", "/session/renew", { body: { sessionId }, repeatable: true });
    return this.#session({ ...record, ...made });
  }

  #session(made) {
    return new VoiceSession(this.#api, this.#surroundings, made, this.#options);
  }
}
