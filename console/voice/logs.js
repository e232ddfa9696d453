/** What has become of the logs that were uploaded of a session. */

import { $, element, moment, sync, write } from "../shared/dom.js";
import { clock, number } from "../shared/figures.js";

const AGAIN_MS = 3000; // a summary takes some seconds
const STATUS = { received: "is being summarised", summarised: "is kept", failed: "could not be summarised" };
const OUTCOME = {
  kept: "remembered",
  known: "known already",
  nothing_to_keep: "nothing worth keeping",
  tried_to_instruct: "not remembered: it tried to give instructions",
  opted_out: "not remembered: the user wants nothing remembered",
  not_a_user: "not remembered: only users are",
};

export class Logs {
  #known = new Map();
  #timer = null;

  /** @param {() => void} onSettled called when a log's summary is made: there may be a memory more */
  constructor(api, onSettled) {
    this.api = api;
    this.onSettled = onSettled;
  }

  /** Show the logs of a session's record, and what becomes of those that are not done. */
  async show({ sessionId, logs = [] }) {
    clearTimeout(this.#timer);
    this.sessionId = sessionId;
    const waiting = logs.filter(({ logId }) => (this.#known.get(logId)?.status ?? "received") === "received");
    await Promise.all(waiting.map((log) => this.#look(log)));
    if (this.sessionId !== sessionId) return;
    const told = logs.map(({ logId }) => this.#known.get(logId)).filter(Boolean);
    sync($("logs"), told.map(row));
    write($("logs-note"), logs.length ? "" : "No log yet: a page uploads one when its session ends, or when it is closed.");
    if (told.some(({ status }) => status === "received")) {
      this.#timer = setTimeout(() => this.show({ sessionId, logs }), AGAIN_MS);
    }
  }

  async #look({ logId }) {
    const log = await this.api.log(logId).catch(() => null); // the next look may succeed
    if (!log) return;
    this.#known.set(logId, log);
    if (log.status !== "received") this.onSettled();
  }
}

/** A guest's log has counts and no summary. */
function row({ logId, status, outcome, summary, error, size, createdAt }) {
  const facts = [OUTCOME[outcome] ?? outcome, error, `${number(size)} characters`, logId].filter(Boolean);
  const words = summary || `The log ${STATUS[status] ?? status}.`;
  return element("li", [element("span", "log", { class: "source" }), element("p", [words, element("small", [moment(createdAt, clock(createdAt)), ` · ${facts.join(" · ")}`])])]);
}
