/** Both transcripts of a session in one table: a row for each item, and how much later the sideband had it. */

import { $, element, moment, sync, write } from "../shared/dom.js";
import { clock, later, seconds } from "../shared/figures.js";
import { Heard, rowsOf } from "./heard.js";

const WHO = { user: "Person", assistant: "Model", tool: "Tool", system: "System", gap: "Gap" };
const STATUS = {
  in_progress: "being said",
  pending: "awaits its words",
  incomplete: "broken off",
  failed: "failed",
  untranscribed: "could not be transcribed",
  lost: "its words are lost",
};
const SILENCE = new Heard();
const NEAR_END_PX = 48; // whoever has scrolled up further than this is reading, and is left where they are
const SOURCE = { browser: "filled in from the browser's log", switchboard: "run by the server" };

/**
 * Draw the rows. `line` is what this page hears of the session, or null; then only the sideband's words are shown.
 * @returns the lags `{median, longest}` in milliseconds, or null
 */
export function showTranscripts({ line, record, sideband }) {
  const scroll = $("transcripts-scroll");
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END_PX;
  const lags = [];
  const rows = rowsOf(line?.heard ?? SILENCE, sideband.items).map(({ id, ours, theirs }) => {
    const lag = sideband.lagOf(id, ours?.done);
    if (lag !== null) lags.push(lag);
    return { role: roleOf(ours, theirs), id, ours, theirs, lag };
  });
  const written = line?.live ? "not yet written" : "not written";
  sync($("transcripts").tBodies[0], withCalls(rows, record.calls, (row) => drawn(row, written), line ? 4 : 2));
  $("transcripts").classList.toggle("alone", !line);
  if (line?.live && atEnd) scroll.scrollTop = scroll.scrollHeight;
  write($("no-words"), nobodySpoke(record, line));
  $("no-words").hidden = rows.length > 0;
  $("lag-note").hidden = !line || !rows.length;
  return told(lags, line);
}

function nobodySpoke({ status }, line) {
  if (line?.live) return "Nobody has said anything yet. Words show up here as they are spoken.";
  return status === "ended" ? "Nothing was said in this session." : "Nobody has said anything yet.";
}

/** The lags in a sentence. */
function told(lags, line) {
  const sorted = lags.toSorted((one, other) => one - other);
  const known = sorted.length ? { median: sorted[sorted.length >> 1], longest: sorted.at(-1) } : null;
  const of = `over ${lags.length} ${lags.length === 1 ? "item" : "items"}`;
  const words = known ? `Lag: median ${later(known.median)}, longest ${later(known.longest)}, ${of}.` : "";
  write($("lag"), line ? words : "The sideband's words alone: this page was not on the call.");
  return known;
}

/** The rows, and where there are several calls a heading above each one's first. */
function withCalls(rows, calls, draw, columns) {
  let current = null;
  return rows.flatMap((row) => {
    const generation = row.theirs?.generation ?? current;
    const begins = calls.length > 1 && generation !== current;
    current = generation;
    return begins ? [headingOf(calls, generation, columns), draw(row)] : [draw(row)];
  });
}

function headingOf(calls, generation, columns) {
  const at = calls.findIndex((call) => call.generation === generation);
  const words = at < 0 ? "Another call" : [`Call ${at + 1}, placed `, moment(calls[at].createdAt, clock(calls[at].createdAt))];
  return element("tr", element("th", words, { colspan: columns, scope: "rowgroup", role: "rowheader" }), { class: "divider", role: "row" });
}

function drawn({ role, id, ours, theirs, lag }, written) {
  const cells = [
    element("th", WHO[role] ?? "", { scope: "row", role: "rowheader" }),
    element("td", ourWords(ours), { role: "cell", "data-side": "browser" }),
    element("td", theirWords(theirs, ours, written), { role: "cell", "data-side": "sideband", "data-status": theirs?.status }),
    element("td", lag === null ? "" : later(lag), { role: "cell", class: "figure" }),
  ];
  return element("tr", cells, { role: "row", "data-role": role, "data-item": id, "data-kind": theirs?.kind });
}

function roleOf(ours, theirs) {
  if (theirs?.kind === "gap") return "gap";
  if (/output|call/.test(theirs?.kind ?? "")) return "tool";
  return ours?.role ?? theirs?.role ?? "assistant";
}

function ourWords(item) {
  if (!item) return element("span", "not heard here", { class: "absent" });
  const tool = item.role === "tool" || item.mark.startsWith("calls ");
  return worded(tool ? readable(item.text) : item.text, marks([item.mark]));
}

function theirWords(item, ours, written) {
  if (!item) return element("span", written, { class: "absent" });
  if (item.kind === "gap") return gapOf(item);
  return worded(item.text ?? readable(item.output ?? item.arguments ?? ""), marks(marksOf(item, ours)));
}

/** Words with their marks; a mark can stand for words that there are none of. */
function worded(words, marked) {
  return [words || (marked.length ? "" : element("span", "…", { class: "absent" })), ...marked];
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
