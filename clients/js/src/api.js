import { errorOf, SwitchboardError } from "./errors.js";
import * as limits from "./limits.js";
import { sleep } from "./surroundings.js";

/** The HTTP half: who we are, one shape of errors, and repeats of what may be repeated. */
export class Api {
  #surroundings;
  #token;
  #apiKey;
  #shown = {};

  /** `guestToken` names a guest across answers where cookies do not travel. */
  constructor(baseUrl, { token, apiKey, guestToken } = {}, surroundings) {
    this.baseUrl = baseUrl.replace(/\/+$/, "");
    this.guestToken = guestToken;
    this.#token = token;
    this.#apiKey = apiKey;
    this.#surroundings = surroundings;
  }

  /** Return the JSON of an answer. What was throttled is asked again; what may have worked only if `repeatable`. */
  async ask(method, path, { body, query, repeatable = method === "GET" } = {}) {
    for (let tries = 1; ; tries += 1) {
      try {
        const answer = await this.#send(method, path, body, query);
        return await answer.json();
      } catch (error) {
        const wait = error.retryAfter ?? limits.TRY_PAUSE * 2 ** (tries - 1);
        const again = repeatable ? error.mayHeal : error.code === "throttled";
        if (!again || tries >= limits.TRIES || wait > limits.RETRY_AFTER_LONGEST) throw error;
        await sleep(this.#surroundings, wait);
      }
    }
  }

  /** Post an SDP offer; return the answer and the call's id. Never repeated: each try would be another call. */
  async offer(url, secret, sdp) {
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/sdp" };
    const answer = await this.#fetch(url, { method: "POST", headers, body: sdp });
    if (!answer.ok) throw await errorOf(answer);
    const callId = (answer.headers.get("location") ?? "").split("?")[0].split("/").pop();
    return { callId, answer: await answer.text() };
  }

  /**
   * Send text in a request that outlives its page, once. It shows what the last request has shown of who we are: there is
   * no time to ask for a fresh token. A beacon, which shows cookies alone, is for browsers that know nothing better.
   */
  leave(path, text) {
    const { fetch, outlives, sendBeacon } = this.#surroundings;
    const url = this.baseUrl + path;
    if (!outlives && sendBeacon?.(url, new Blob([text], { type: "text/plain" }))) return;
    const headers = { ...this.#shown, "content-type": "text/plain" };
    void fetch(url, { method: "POST", body: text, headers, keepalive: true }).catch(() => {}); // nobody is left to be told
  }

  /** Open a stream of server-sent events; returns its answer. `signal` ends it. */
  async stream(path, { lastEventId, signal } = {}) {
    const headers = { ...(await this.#credentials()), accept: "text/event-stream" };
    if (lastEventId) headers["last-event-id"] = lastEventId;
    const answer = await this.#fetch(this.baseUrl + path, { headers, cache: "no-store" }, signal);
    if (!answer.ok) throw await errorOf(answer);
    return answer;
  }

  async #send(method, path, body, query) {
    const url = new URL(this.baseUrl + path);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined && value !== null) url.searchParams.set(name, value);
    }
    const headers = await this.#credentials();
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await this.#fetch(url.href, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    this.#meet(answer.headers.get("x-guest-token"));
    if (!answer.ok) throw await errorOf(answer);
    return answer;
  }

  /** The server says which guest we are. */
  #meet(guestToken) {
    if (!guestToken) return;
    this.guestToken = guestToken;
    if (!this.#apiKey && !this.#token) this.#shown = { "x-guest-token": guestToken };
  }

  async #credentials() {
    const token = typeof this.#token === "function" ? await this.#token() : this.#token;
    if (this.#apiKey) this.#shown = { "x-api-key": this.#apiKey };
    else if (token) this.#shown = { authorization: `Bearer ${token}` };
    else this.#shown = this.guestToken ? { "x-guest-token": this.guestToken } : {};
    return { ...this.#shown };
  }

  async #fetch(url, request, signal = AbortSignal.timeout(limits.ANSWER * 1000)) {
    try {
      return await this.#surroundings.fetch(url, { ...request, signal });
    } catch (cause) {
      throw new SwitchboardError("network_error", "The server could not be reached.", { cause });
    }
  }
}
