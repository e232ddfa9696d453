/** The session at a glance: what it is, how it stands, the figures, and what can be done with it. */

import { $, element, moment, sync, write } from "../shared/dom.js";
import { day, dollars, lasting, later, number } from "../shared/figures.js";
import { durationOf, metered, tokensOfAll } from "./usage.js";

const STATES = {
  connecting: ["busy", "Connecting"],
  connected: ["live", "On the line"],
  reconnecting: ["busy", "Reconnecting"],
  failed: ["bad", "Lost"],
};
const MINUTE_MS = 60_000;

/** Draw it. `lags` has the median and the longest, or is null. */
export function showCard({ record, line, title, lags, now }) {
  $("nothing").hidden = Boolean(record);
  $("session").hidden = !record;
  if (!record) return;
  const [kind, words] = stateOf(record, line);
  $("pill").dataset.kind = kind;
  write($("pill"), words);
  write($("session-id"), record.sessionId);
  write($("session-heading"), title || "Nobody has spoken yet");
  const { mode, model, voice, createdAt, instructions } = record;
  const placed = mode === "relay" ? "Relayed by the API" : "Placed by the browser";
  sync($("session-facts"), [element("span", `${placed} · ${model} · voice ${voice} · opened `), moment(createdAt, day(createdAt))]);
  $("told").hidden = !instructions;
  write($("instructions"), instructions);
  sync($("tiles"), tilesOf(record, line, lags, now));
}

/** Draw what can be done now, and why other things cannot. */
export function showActions({ record, line, live }) {
  const open = record?.status === "open";
  $("start").disabled = Boolean(live);
  $("one-call").hidden = !live;
  if (live) $("to-live").hash = `#voice/${live.id}`;
  $("connect").hidden = !open || !line || line.live;
  $("renew").hidden = !open || !line?.live;
  $("renew").disabled = line?.session.state !== "connected";
  $("refresh").hidden = $("end").hidden = !open;
  $("refresh").disabled = Boolean(live && live !== line);
  $("mute").hidden = !line?.live || !line.microphone;
  $("mute").setAttribute("aria-pressed", String(line?.muted ?? false));
  $("levels").hidden = !line?.live;
  $("level-of-person").hidden = !line?.microphone;
  const hint = hintOf(record, line);
  $("hint").hidden = !hint;
  sync($("hint"), hint ? [hint].flat() : []);
}

export function showSessions(sessions, { current, live, searching, onChoose }) {
  sync($("sessions"), sessions.map((session) => choice(session, { current, live, onChoose })));
  $("no-sessions").hidden = sessions.length > 0;
  write($("no-sessions"), searching ? "No session has these words." : "None yet. Those that you start are kept here.");
}

function choice({ sessionId, title, createdAt, mode, status }, { current, live, onChoose }) {
  const state = sessionId === live?.id ? "on the line" : status;
  const made = element("button", [
    element("span", title || "No words yet"),
    element("small", [moment(createdAt, day(createdAt)), ` · ${mode} · ${state}`]),
  ], { type: "button", "data-session": sessionId, "aria-current": sessionId === current && "true" });
  made.onclick = () => onChoose(sessionId);
  return element("li", made);
}

function stateOf({ status, calls }, line) {
  if (status === "ended") return ["over", "Ended"];
  if (STATES[line?.session.state]) return STATES[line.session.state];
  return calls.some((call) => !call.closedAt) ? ["live", "On a call elsewhere"] : ["open", "Open, no call"];
}

/** Tokens are those metered or, where the page has heard of more since, those. */
function tilesOf(record, line, lags, now) {
  const lasted = durationOf(record, now);
  const { length } = record.calls;
  const tokens = Math.max(tokensOfAll(record) ?? 0, line?.tokens ?? 0);
  return [
    tile("Time on calls", lasting(lasted), length ? `${length} ${length === 1 ? "call" : "calls"}` : "no call yet"),
    tile("Tokens", tokens ? number(tokens) : "–", "in and out"),
    tile("Cost", metered(record) ? dollars(record.costUsd) : "–", costNote(record, lasted)),
    tile("Median lag", lags ? later(lags.median) : "–", lags ? `longest ${later(lags.longest)}` : line ? "nothing to compare yet" : "not heard here"),
  ];
}

function costNote(record, lasted) {
  if (!metered(record)) return "not metered yet";
  if (record.costUsd === null) return "a model has no price";
  if (record.calls.some((call) => !call.closedAt)) return "as last metered";
  return `${dollars(record.costUsd / Math.max(lasted / MINUTE_MS, 1 / 60))} a minute`;
}

function tile(name, value, note) {
  return element("div", [element("dt", name), element("dd", [value, element("small", note)])]);
}

function hintOf(record, line) {
  if (record?.replacedBy) {
    const successor = element("a", "another session", { href: `#voice/${record.replacedBy}` });
    return [element("span", "Refreshed: "), successor, element("span", " took its place.")];
  }
  if (record?.status === "ended") return element("span", "It is over, and can still be read into a profile. Talk on in a new call.");
  if (line?.session.state === "failed") return element("span", "The call was lost, and no other could be placed. It can be tried again.");
  if (!record || line) return null;
  return element("span", "This page is not on its call. The session can be read, extracted from, refreshed and ended here.");
}
