/** Draws on the page; knows its elements and nothing of the network. */

import { rowsOf } from "./heard.js";

export const $ = (id) => document.getElementById(id);

function element(name, content = "", attributes = {}) {
  const made = document.createElement(name);
  made.append(...[content].flat());
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Give a parent these children, and leave those alone that are already so: focus and selection stay. */
function sync(parent, children) {
  children.forEach((child, at) => {
    const there = parent.children[at];
    if (!there) parent.append(child);
    else if (!there.isEqualNode(child)) there.replaceWith(child);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

export function say(sentence) {
  $("status").textContent = sentence;
}

/** Show what went wrong, or hide it again with null. */
export function showProblem(problem) {
  $("problem").hidden = !problem;
  $("problem").textContent = problem
    ? `${problem.message}${problem.requestId ? ` (request ${problem.requestId})` : ""}`
    : "";
}

function pairs(list, facts) {
  const terms = Object.entries(facts).flatMap(([name, value]) => [
    element("dt", name),
    element("dd", String(value ?? "–")),
  ]);
  sync(list, terms);
}

export function showSession(record) {
  $("session-heading").textContent = record ? `Session ${record.sessionId.slice(0, 13)}…` : "No session";
  if (!record) return pairs($("facts"), {});
  return pairs($("facts"), {
    Status: record.status,
    "Call now": record.callId ?? "none",
    Mode: `${record.mode}, ${record.model}, voice ${record.voice}`,
    Calls: record.calls.map((call) => `${call.status} (generation ${call.generation})`).join(", ") || "none yet",
    Instructions: record.instructions || "none",
  });
}

export function showActions({ open, live, secret, microphone }) {
  $("connect").disabled = !open || live || !secret;
  $("renew").disabled = !open;
  for (const id of ["refresh", "extract"]) $(id).disabled = !open;
  $("end").disabled = !open;
  $("mute").disabled = !live || !microphone;
}

const WHO = { user: "Person", assistant: "Model", tool: "Tool", system: "System" };

/** Draw both transcripts. `readable` tells when the sideband's words could first be read. */
export function showTranscripts(heard, kept, readable) {
  const lags = [];
  const rows = rowsOf(heard, kept).map(({ id, ours, theirs }) => {
    const role = ours?.role ?? theirs?.role ?? "assistant";
    const seen = readable.get(id);
    const lag = ours?.done && seen ? Math.max(0, seen - ours.done) / 1000 : null;
    if (lag !== null) lags.push(lag);
    const shown = lag === null ? "" : `${lag.toFixed(1)} s`;
    const cells = [element("td", WHO[role] ?? role), ourCell(ours), theirCell(theirs), element("td", shown)];
    return element("tr", cells, { "data-role": role, "data-item": id });
  });
  sync($("transcripts").tBodies[0], rows);
  lags.sort((a, b) => a - b);
  $("lag").textContent = lags.length
    ? `Lag: median ${lags[lags.length >> 1].toFixed(1)} s, longest ${lags.at(-1).toFixed(1)} s, over ${lags.length} items.`
    : "";
}

function ourCell(item) {
  if (!item) return element("td", "", { "data-side": "browser" });
  const marks = item.mark ? [element("span", item.mark, { class: "mark" })] : [];
  return element("td", [item.text, ...marks], { "data-side": "browser" });
}

function theirCell(item) {
  if (!item) return element("td", "…", { "data-side": "sideband" });
  const text = item.text ?? item.arguments ?? item.output ?? "";
  const marks = [item.name && `calls ${item.name}`, item.status !== "completed" && item.status, item.deleted && "deleted"]
    .filter(Boolean)
    .map((mark) => element("span", mark.replace("_", " "), { class: "mark" }));
  return element("td", [text, ...marks], { "data-side": "sideband", "data-status": item.status });
}

export function showSessions(sessions, current, onChoose) {
  const entries = sessions.map((session) => {
    const when = new Date(session.createdAt).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
    const note = element("small", `${when} · ${session.mode} · ${session.status}`);
    const button = element("button", [session.title || session.sessionId.slice(0, 18), note], {
      type: "button",
      "data-session": session.sessionId,
    });
    if (session.sessionId === current) button.setAttribute("aria-current", "true");
    button.onclick = () => onChoose(session.sessionId);
    return element("li", button);
  });
  sync($("sessions"), entries);
  $("no-sessions").hidden = entries.length > 0;
}

/** Draw the timeline. @param {{at: number, where: string, what: string}[]} entries times in Unix milliseconds */
export function showTimeline(entries, tokens) {
  const sorted = [...entries].sort((a, b) => a.at - b.at);
  sync(
    $("timeline"),
    sorted.map(({ at, where, what }) => {
      const time = element("time", new Date(at).toLocaleTimeString([], { hour12: false }), {
        datetime: new Date(at).toISOString(),
      });
      return element("li", [time, element("span", where, { class: "where" }), element("span", what)]);
    }),
  );
  if (tokens.responses) {
    $("tokens").textContent =
      `${tokens.responses} responses heard here: ${tokens.input} tokens in, ${tokens.output} out.`;
  } else {
    $("tokens").textContent = "No tokens used yet, as far as this page has heard.";
  }
}

export function showProfile(found) {
  $("profile-section").hidden = !found;
  if (found) pairs($("profile"), Object.fromEntries(Object.entries(found.profile ?? {}).map(plain)));
}

function plain([name, value]) {
  return [name.replaceAll("_", " "), Array.isArray(value) ? value.map(String).join(", ") || "–" : textOf(value)];
}

function textOf(value) {
  return value && typeof value === "object" ? JSON.stringify(value) : value;
}

export function showMemories(memories, onForget) {
  sync(
    $("memories"),
    memories.map((memory) => {
      const named = { type: "button", "aria-label": `Forget: ${memory.text}`, "data-memory": memory.memoryId };
      const button = element("button", "Forget", named);
      button.onclick = () => onForget(memory.memoryId);
      return element("li", [memory.text, " ", button]);
    }),
  );
  $("memories-note").textContent = memories.length ? "" : "Nothing is remembered.";
}
