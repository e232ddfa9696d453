/** What a session's calls have used, as the sideband has metered it, and what that costs. */

import { $, element, sync } from "../shared/dom.js";
import { dollars, lasting, number } from "../shared/figures.js";

/** Columns: a heading, and the kinds of a call's usage that add up to it. */
const KINDS = {
  "Text in": ["input_text"],
  "Audio in": ["input_audio"],
  "of it cached": ["cached_text", "cached_audio", "cached_image"],
  "Text out": ["output_text"],
  "Audio out": ["output_audio"],
};
const STATUS = { pending: "awaits the sideband", followed: "live", closed: "over" };
const COUNTED = ["input_text", "input_audio", "input_image", "output_text", "output_audio"];

/** Tokens in and out, of the model and of the transcription. */
export function tokensOf(usage) {
  return Object.values(usage).reduce((sum, kinds) => sum + added(kinds, COUNTED), 0);
}

/** Whether any call was metered yet. */
export function metered({ calls }) {
  return calls.some((call) => call.usage);
}

/** The whole session's tokens; null before any were metered. */
export function tokensOfAll({ calls }) {
  if (!metered({ calls })) return null;
  return calls.reduce((sum, call) => sum + (call.usage ? tokensOf(call.usage) : 0), 0);
}

/** Milliseconds that the calls have lasted, one after the other. */
export function durationOf({ calls }, now) {
  return calls.reduce((sum, call) => {
    const begun = call.attachedAt ?? call.createdAt;
    return sum + (call.closedAt ? Date.parse(call.closedAt) : now) - Date.parse(begun);
  }, 0);
}

export function showUsage({ calls, costUsd }) {
  $("usage-section").hidden = !calls.length;
  const rows = calls.map((call, at) => row(call, [`${at + 1} `, element("small", STATUS[call.status] ?? call.status)]));
  const all = { usage: metered({ calls }) ? sumOf(calls) : null, costUsd };
  sync($("usage"), calls.length > 1 ? [...rows, row(all, "All", "total")] : rows);
}

function row({ callId, usage, costUsd }, words, kind) {
  const all = Object.values(usage ?? {});
  const counts = Object.values(KINDS).map((kinds) => number(all.reduce((sum, each) => sum + added(each, kinds), 0)));
  const transcribed = lasting(all.reduce((sum, each) => sum + (each.seconds ?? 0), 0) * 1000);
  const figures = [...counts, transcribed, costUsd === null ? "no price" : dollars(costUsd)];
  const name = element("th", words, { scope: "row", title: callId });
  return element("tr", [name, ...figures.map((figure) => element("td", usage ? figure : "–", { class: "figure" }))], { class: kind });
}

/** The usage of all calls, as if of as many sources. */
function sumOf(calls) {
  return calls.flatMap((call) => Object.values(call.usage ?? {}));
}

function added(counts, kinds) {
  return kinds.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0);
}
