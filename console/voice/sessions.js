/** The sessions that this browser has opened: kept here, since the API lists nobody's. */

const KEPT = "switchboard.sessions";
const TITLE_CHARS = 60;
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

/** The first words said in a session, as far as this browser has heard or read them. */
export function titleOf(sessionId) {
  return read().find((session) => session.sessionId === sessionId)?.title ?? "";
}

/** Name a session by the first words said in it, if it has no name yet. @returns {boolean} whether it has one now for the first time */
export function nameSession(sessionId, words) {
  const title = words.trim().slice(0, TITLE_CHARS);
  if (!title || titleOf(sessionId)) return false;
  keepSession({ sessionId, title });
  return true;
}
