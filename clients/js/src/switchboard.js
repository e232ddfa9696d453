import { Api } from "./api.js";
import { VoiceSession } from "./session.js";
import { surroundings } from "./surroundings.js";

const UPSTREAM = "https://api.openai.com/v1/realtime/calls";

/** A Switchboard backend, as one caller sees it. */
export class Switchboard {
  #api;
  #surroundings;
  #options;

  /** Without `token` or `apiKey` the caller is a guest, known by a cookie on the same site, else by `guestToken`. */
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
    const body = { mode: "relay", ...request };
    const made = await this.#api.ask("POST", "/session", { body });
    return new VoiceSession(this.#api, this.#surroundings, made, this.#options);
  }
}
