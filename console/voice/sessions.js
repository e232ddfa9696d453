/** The sessions that this browser has opened: kept here, since the API lists nobody's. */

const KEPT = "switchboard.sessions";
const MOST = 200; // the oldest are forgotten, long before the browser's storage is full

export function listSessions(search = "") {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return read().filter((session) => {
    const text = Object.values(session).join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Add a session, or change what is kept of it. */
export function keepSession(change) {
  const all = read();
  const known = all.find((session) => session.sessionId === change.sessionId);
  if (known) Object.assign(known, change);
  else all.unshift(change);
  localStorage.setItem(KEPT, JSON.stringify(all.slice(0, MOST)));
}

function read() {
  return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
}

/** The first words said in a session, as far as this browser has heard them. */
export function titleOf(sessionId) {
  return read().find((session) => session.sessionId === sessionId)?.title ?? "";
}
