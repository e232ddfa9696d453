/** What happened in a session, with what it took: what this page did and heard, and what the API has on record. */

import { $, element, moment, sync } from "../shared/dom.js";
import { clock, dollars, number } from "../shared/figures.js";
import { tokensOf } from "./usage.js";

const HEARD = {
  "session.created": "the call began",
  "session.updated": "the call was configured anew",
  "input_audio_buffer.speech_started": "the person began to speak",
  "output_audio_buffer.started": "the model's voice began",
  "output_audio_buffer.cleared": "the model was interrupted",
};
/** The audit's events in words; others are told by their names. */
const AUDIT = {
  "call.relayed": "the call was relayed",
  "config.reasserted": "the page's client had changed what is pinned; it was put right",
  "config.given_up": "the page's client insists; what was pinned is given up",
  "config.refused": "OpenAI did not take what is pinned",
  "tool.run": "the server ran a tool for the model",
  "tool.refused": "the model asked for a tool that it was not given",
  "tool.cut_off": "a tool was cut off: nobody knows whether it did its work",
};
const UNTOLD = new Set(["callId", "toolCallId"]);

/** A line for an event of the data channel, or null for one that tells nobody anything. */
export function lineOf(event, at) {
  if (HEARD[event.type]) return { at, where: "call", what: HEARD[event.type] };
  if (event.type === "error") return { at, where: "call", what: `refused: ${event.error.message}` };
  if (event.type !== "response.done") return null;
  const { status, usage } = event.response;
  return { at, where: "call", what: `the model's answer is ${status}`, tokens: usage?.total_tokens };
}

/** The lines of a session's record. */
export function linesOfRecord(record) {
  const lines = [line(record.createdAt, "session opened")];
  for (const call of record.calls) {
    lines.push(line(call.createdAt, `call ${call.callId.slice(0, 9)}… is known`));
    if (call.attachedAt) lines.push(line(call.attachedAt, "the sideband listens to it"));
    const spent = { tokens: call.usage && tokensOf(call.usage), cost: call.costUsd };
    if (call.closedAt) lines.push({ ...line(call.closedAt, `call over: ${plain(call.reason ?? "closed")}`), ...spent });
  }
  for (const { at, event, facts } of record.audit) lines.push(line(at, `${AUDIT[event] ?? plain(event)}${told(facts)}`, "audit"));
  if (record.endedAt) lines.push({ ...line(record.endedAt, "session ended"), cost: record.costUsd });
  return lines;
}

/** Draw the timeline, what came last above. @param {{at: number, where: string, what: string, tokens?: number, cost?: number}[]} lines */
export function showTimeline(lines) {
  const sorted = [...lines].sort((one, other) => other.at - one.at);
  sync($("timeline"), sorted.map(row));
}

function row({ at, where, what, tokens, cost }) {
  return element(
    "tr",
    [
      element("td", moment(at, clock(at))),
      element("td", element("span", where, { class: `source ${where}` })),
      element("td", what),
      element("td", tokens ? number(tokens) : "", { class: "figure" }),
      element("td", typeof cost === "number" ? dollars(cost) : "", { class: "figure" }),
    ],
  );
}

function line(at, what, where = "record") {
  return { at: Date.parse(at), where, what };
}

function told(facts) {
  const known = Object.entries(facts).filter(([name]) => !UNTOLD.has(name));
  const words = known.map(([name, value]) => `${plain(name)} ${typeof value === "object" ? [value].flat().join(", ") : value}`);
  return words.length ? ` (${words.join("; ")})` : "";
}

function plain(name) {
  return name.replaceAll("_", " ");
}
