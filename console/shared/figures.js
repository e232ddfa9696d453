/** Numbers, times and money as people read them. */

export function number(value) {
  return Math.round(value).toLocaleString();
}

/** Dollars, to the hundredth of a cent where they are few. */
export function dollars(value) {
  if (value === null || value === undefined) return "–";
  return `$${value.toFixed(value && value < 1 ? 4 : 2)}`;
}

/** The time of day, with the day where it is not today. */
export function clock(time) {
  const at = new Date(time);
  const known = at.toLocaleTimeString([], { hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  if (at.toDateString() === new Date().toDateString()) return known;
  return `${at.toLocaleDateString([], { day: "numeric", month: "short" })}, ${known}`;
}

export function day(time) {
  const parts = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Date(time).toLocaleString([], parts);
}

/** Minutes and seconds. */
export function lasting(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** How much later one side had it: two places, so that a column of them lines up. */
export function later(milliseconds) {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Seconds; what is shorter than a tenth, in milliseconds. */
export function seconds(milliseconds) {
  if (milliseconds > 0 && milliseconds < 100) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
