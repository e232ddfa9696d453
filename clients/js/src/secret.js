import * as limits from "./limits.js";

/** What places a session's next call: a ticket of the backend in relay mode, a client secret of the upstream in direct mode. */
export class Secret {
  #api;
  #surroundings;
  #session;
  #value;
  #expiresAt;
  #isSpent;

  /** `session` has id, mode and callsUrl; `made` is the server's answer that brought the first secret. */
  constructor(api, surroundings, session, made) {
    this.#api = api;
    this.#surroundings = surroundings;
    this.#session = session;
    this.#keep(made, surroundings.now());
  }

  /** Seconds in which it is still to be used; negative when it is too late. */
  get left() {
    return this.#expiresAt - limits.SECRET_MARGIN - this.#surroundings.now();
  }

  get isSpent() {
    return this.#isSpent;
  }

  get isGood() {
    return !this.#isSpent && this.left > 0;
  }

  /** Not to be used any more: the next call is to know of the talk so far. */
  spend() {
    this.#isSpent = true;
  }

  /** Take another; returns the server's answer. */
  async renew() {
    const asked = this.#surroundings.now();
    const body = { sessionId: this.#session.id };
    const made = await this.#api.ask("POST", "/session/renew", { body, repeatable: true });
    this.#keep(made, asked);
    return made;
  }

  /** Place a call: returns its id and the SDP answer, once the backend knows of it. */
  async offer(sdp) {
    if (this.#session.mode === "relay") {
      this.spend(); // whatever becomes of it: another try takes another ticket
      return this.#api.offer(`${this.#api.baseUrl}/realtime/calls`, this.#value, sdp);
    }
    const placed = await this.#api.offer(this.#session.callsUrl, this.#value, sdp);
    const body = { sessionId: this.#session.id, callId: placed.callId };
    await this.#api.ask("POST", "/session/call", { body, repeatable: true });
    return placed;
  }

  /** Messages since `knowsSince` may be unknown to a call that this secret opens. */
  #keep({ clientSecret, expiresAt, restored }, asked) {
    this.#value = clientSecret;
    this.#expiresAt = Date.parse(expiresAt) / 1000;
    this.#isSpent = false;
    this.knowsSince = restored === "none" ? -Infinity : asked - limits.HEARD_LATE;
  }
}
