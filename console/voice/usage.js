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
const COUNTED = ["input_text", "input_audio", "input_image", "output_text", "output_audio"];

/** Tokens in and out, of the model and of the transcription. */
export function tokensOf(usage) {
  return Object.values(usage).reduce((sum, kinds) => sum + added(kinds, COUNTED), 0);
}

/** The whole session's tokens; null before any were metered. */
export function tokensOfAll({ calls }) {
  const metered = calls.filter((call) => call.usage);
  return metered.length ? metered.reduce((sum, call) => sum + tokensOf(call.usage), 0) : null;
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
  sync($("usage"), calls.map(row));
  $("usage-sum").textContent = calls.length > 1 ? `All calls: ${dollars(costUsd)}.` : "";
}

function row(call, at) {
  const usage = call.usage ?? {};
  const all = Object.values(usage);
  const counts = Object.values(KINDS).map((kinds) => number(all.reduce((sum, each) => sum + added(each, kinds), 0)));
  const transcribed = lasting((usage.transcription?.seconds ?? 0) * 1000);
  const figures = [...counts, transcribed, dollars(call.costUsd)];
  const name = element("th", [`${at + 1} `, element("small", call.status)], { scope: "row", title: call.callId });
  return element("tr", [name, ...figures.map((figure) => element("td", call.usage ? figure : "–", { class: "figure" }))]);
}

function added(counts, kinds) {
  return kinds.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0);
}
