import { aborted, errorOf, SwitchboardError, wasRefused } from "./errors.js";
import * as limits from "./limits.js";
import { sleep, spread } from "./surroundings.js";

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

  /** True if the next answer may make a new guest of us. */
  get isStrange() {
    return !this.#apiKey && !this.#token && !this.guestToken;
  }

  /**
   * Return the JSON of an answer. What the server refused to begin (429, 503) is asked again after the pause that it names;
   * what may have worked only if `repeatable`. `signal` ends it.
   */
  async ask(method, path, { body, query, signal, repeatable = method === "GET" } = {}) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#send(method, path, body, query, signal);
      } catch (error) {
        if (signal?.aborted) throw aborted(signal);
        const wait = error.retryAfter ?? limits.TRY_PAUSE * 2 ** (tries - 1);
        const again = repeatable ? error.mayHeal : wasRefused(error);
        if (!again || tries >= limits.TRIES || wait > limits.RETRY_AFTER_LONGEST) throw error;
        await sleep(this.#surroundings, spread(this.#surroundings, wait), signal);
      }
    }
  }

  /** Post an SDP offer; return the answer and the call's id. Never repeated: each try would be another call. */
  async offer(url, secret, sdp) {
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/sdp" };
    const answer = await this.#fetch(url, { method: "POST", headers, body: sdp });
    if (!answer.ok) throw await errorOf(answer);
    const callId = (answer.headers.get("location") ?? "").split("?")[0].split("/").pop();
    return { callId, answer: await textOf(answer) };
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
    const headers = { accept: "text/event-stream" };
    if (lastEventId) headers["last-event-id"] = lastEventId;
    const answer = await this.#fetchAsMe(this.baseUrl + path, { headers, cache: "no-store" }, signal);
    if (!answer.ok) throw await errorOf(answer);
    return answer;
  }

  async #send(method, path, body, query, signal) {
    const url = new URL(this.baseUrl + path);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined && value !== null) url.searchParams.set(name, value);
    }
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const request = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    const patience = AbortSignal.timeout(limits.ANSWER * 1000);
    const answer = await this.#fetchAsMe(url.href, request, signal ? AbortSignal.any([signal, patience]) : patience);
    this.#meet(answer.headers.get("x-guest-token"));
    if (!answer.ok) throw await errorOf(answer);
    const text = await textOf(answer);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new SwitchboardError("unexpected_answer", "The server answered no JSON.", { status: answer.status, cause });
    }
  }

  /** The server says which guest we are. */
  #meet(guestToken) {
    if (!guestToken) return;
    this.guestToken = guestToken;
    if (!this.#apiKey && !this.#token) this.#shown = { "x-guest-token": guestToken };
  }

  /** Say who we are. A token that is refused is asked for anew, once: it may have run out while the page slept. */
  async #fetchAsMe(url, request, signal) {
    const ask = async (refused) => {
      const headers = { ...request.headers, ...(await this.#credentials(refused)) };
      return this.#fetch(url, { ...request, headers }, signal);
    };
    const answer = await ask();
    if (answer.status !== 401 || typeof this.#token !== "function") return answer;
    await answer.body?.cancel();
    return ask(this.#shown.authorization?.slice("Bearer ".length));
  }

  async #credentials(refused) {
    const token = typeof this.#token === "function" ? await this.#freshToken(refused) : this.#token;
    if (this.#apiKey) this.#shown = { "x-api-key": this.#apiKey };
    else if (token) this.#shown = { authorization: `Bearer ${token}` };
    else this.#shown = this.guestToken ? { "x-guest-token": this.guestToken } : {};
    return { ...this.#shown };
  }

  /** Ask the page for its user's token; one that cannot be had now, without a network say, may be had later. */
  async #freshToken(refused) {
    try {
      return await this.#token(refused);
    } catch (cause) {
      throw new SwitchboardError("token_failed", "The page could not say whose session it is.", { cause });
    }
  }

  async #fetch(url, request, signal = AbortSignal.timeout(limits.ANSWER * 1000)) {
    try {
      return await this.#surroundings.fetch(url, { ...request, signal });
    } catch (cause) {
      throw unreachable(cause);
    }
  }
}

/** The whole of an answer, which may be cut off where it is. */
async function textOf(answer) {
  try {
    return await answer.text();
  } catch (cause) {
    throw unreachable(cause);
  }
}

function unreachable(cause) {
  return new SwitchboardError("network_error", "The server could not be reached.", { cause });
}
