/** Both transcripts of a session in one table: a row for each item, and how much later the sideband had it. */

import { $, element, sync, write } from "../shared/dom.js";
import { seconds } from "../shared/figures.js";
import { rowsOf } from "./heard.js";

const WHO = { user: "Person", assistant: "Model", tool: "Tool", system: "System" };
const STATUS = {
  in_progress: "being said",
  pending: "awaits its words",
  incomplete: "broken off",
  failed: "failed",
  untranscribed: "could not be transcribed",
  lost: "its words are lost",
};
const SOURCE = { browser: "filled in from the browser's log", switchboard: "run by the server" };

/** Draw the rows. @returns the median lag in milliseconds, or null */
export function showTranscripts(heard, { items, readable }) {
  const lags = [];
  const rows = rowsOf(heard, items).map(({ id, ours, theirs }) => {
    const lag = ours?.done && readable.has(id) ? Math.max(0, readable.get(id) - ours.done) : null;
    if (lag !== null) lags.push(lag);
    const role = roleOf(ours, theirs);
    const cells = [
      element("th", WHO[role] ?? "", { scope: "row" }),
      element("td", ourWords(ours), { "data-side": "browser" }),
      element("td", theirWords(theirs, ours), { "data-side": "sideband", "data-status": theirs?.status }),
      element("td", lag === null ? "" : seconds(lag), { class: "figure" }),
    ];
    return element("tr", cells, { "data-role": role, "data-item": id, "data-kind": theirs?.kind });
  });
  sync($("transcripts").tBodies[0], rows);
  $("no-words").hidden = rows.length > 0;
  lags.sort((one, other) => one - other);
  const median = lags.length ? lags[lags.length >> 1] : null;
  const longest = lags.length ? `, longest ${seconds(lags.at(-1))}, over ${lags.length} items` : "";
  write($("lag"), median === null ? "" : `Lag: median ${seconds(median)}${longest}.`);
  return median;
}

function roleOf(ours, theirs) {
  if (theirs?.kind === "gap") return "gap";
  if (/output|call/.test(theirs?.kind ?? "")) return "tool";
  return ours?.role ?? theirs?.role ?? "assistant";
}

function ourWords(item) {
  if (!item) return element("span", "not heard here", { class: "absent" });
  const words = item.role === "tool" || item.mark.startsWith("calls ") ? readable(item.text) : item.text;
  return [words || element("span", "…", { class: "absent" }), ...marks([item.mark])];
}

function theirWords(item, ours) {
  if (!item) return element("span", "not yet written", { class: "absent" });
  if (item.kind === "gap") return [gapOf(item), ...marks(["gap"])];
  const words = item.text ?? readable(item.output ?? item.arguments ?? "");
  return [words || element("span", "…", { class: "absent" }), ...marks(marksOf(item, ours))];
}

function gapOf({ audioStartMs, audioEndMs }) {
  const since = audioStartMs === null ? "" : ` from ${seconds(audioStartMs)}`;
  const until = audioEndMs === null ? "" : ` to ${seconds(audioEndMs)}`;
  return `Nobody listened${since}${until}; something may have been said.`;
}

/** What a tool is asked or answers: its fields in words where it is a JSON object. */
function readable(words) {
  try {
    const fields = Object.entries(JSON.parse(words));
    return fields.map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ") || words;
  } catch {
    return words;
  }
}

function marksOf(item, ours) {
  const heard = item.heardMs === null ? "interrupted" : `interrupted, heard for ${seconds(item.heardMs)}`;
  return [
    item.name && `calls ${item.name}`,
    item.output !== null && item.kind.endsWith("output") && "a tool's answer",
    item.status === "interrupted" ? heard : STATUS[item.status],
    item.source !== "sideband" && (SOURCE[item.source] ?? `reported by ${item.source}`),
    item.deleted && "deleted",
    item.text && ours?.done && item.text.trim() !== ours.text && "not what the browser heard",
  ];
}

function marks(words) {
  return words.filter(Boolean).map((mark) => element("span", mark, { class: "mark" }));
}
