/** The session at a glance: what it is, how it stands, the figures, and what can be done with it. */

import { $, element, pairs, sync, write } from "../shared/dom.js";
import { day, dollars, lasting, number, seconds } from "../shared/figures.js";
import { durationOf, tokensOfAll } from "./usage.js";

const STATES = {
  connecting: ["busy", "Connecting"],
  connected: ["live", "On the line"],
  reconnecting: ["busy", "Reconnecting"],
  failed: ["bad", "Lost"],
};

/** Draw it. Tokens are those metered or, where the page has heard of more since, those. */
export function showCard({ record, line, title, median, now }) {
  $("nothing").hidden = Boolean(record);
  $("session").hidden = !record;
  if (!record) return;
  const [kind, words] = stateOf(record, line);
  $("pill").dataset.kind = kind;
  write($("pill"), words);
  write($("session-id"), record.sessionId);
  write($("session-heading"), title || "Nobody has spoken yet");
  write($("session-facts"), factsOf(record));
  pairs($("tiles"), {
    "Time on calls": lasting(durationOf(record, now)),
    Calls: record.calls.length,
    Tokens: figure(Math.max(tokensOfAll(record) ?? 0, line?.tokens ?? 0) || null, number),
    Cost: record.calls.some((call) => call.usage) ? dollars(record.costUsd) : "–",
    "Median lag": figure(median, seconds),
  });
}

/** What cannot be done just now is told beside the buttons. */
export function showActions({ record, line, live }) {
  const open = record?.status === "open";
  $("start").disabled = Boolean(live);
  $("one-call").hidden = !live;
  $("connect").hidden = !line || line.live;
  $("connect").disabled = !open;
  $("renew").disabled = !open || !line?.live;
  for (const id of ["refresh", "extract", "end"]) $(id).disabled = !open;
  $("refresh").disabled ||= Boolean(live && live !== line);
  $("mute").hidden = !line?.live || !line.microphone;
  $("mute").setAttribute("aria-pressed", String(line?.muted ?? false));
  const hint = hintOf(record, line);
  $("hint").hidden = !hint;
  write($("hint"), hint);
}

export function showSessions(sessions, current, { searching, onChoose }) {
  sync($("sessions"), sessions.map((session) => choice(session, session.sessionId === current, onChoose)));
  $("no-sessions").hidden = sessions.length > 0;
  write($("no-sessions"), searching ? "No session has these words." : "None yet. Those that you start are kept here.");
}

function choice({ sessionId, title, createdAt, mode, status }, chosen, onChoose) {
  const note = element("small", `${day(createdAt)} · ${mode} · ${status}`);
  const words = element("span", title || `${sessionId.slice(0, 14)}…`);
  const made = element("button", [words, note], {
    type: "button",
    "data-session": sessionId,
    "aria-current": chosen && "true",
  });
  made.onclick = () => onChoose(sessionId);
  return element("li", made);
}

function stateOf({ status }, line) {
  if (status === "ended") return ["over", "Ended"];
  return STATES[line?.session.state] ?? ["open", "Open, no call"];
}

function factsOf({ mode, model, voice, createdAt, instructions }) {
  const pinned = instructions ? ` It is told: “${instructions}”` : "";
  return `${mode === "relay" ? "Relayed" : "Direct"} · ${model} · voice ${voice} · ${day(createdAt)}.${pinned}`;
}

function hintOf(record, line) {
  if (record?.replacedBy) return `Refreshed: the session ${record.replacedBy} took its place.`;
  if (record?.status !== "open" || line) return "";
  return "Another page has opened this session: it can be read, extracted from, refreshed and ended here.";
}

function figure(value, shown) {
  return value === null ? "–" : shown(value);
}
