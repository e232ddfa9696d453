/** The sessions that this browser has opened: kept here, since the API lists nobody's. */

const KEPT = "switchboard.sessions";
const TITLE_CHARS = 60;
const SAID_CHARS = 2000; // of each session, to be searched
const MOST = 200; // the oldest are forgotten, long before the browser's storage is full

let parsed = { text: null, sessions: [] };

/** Those in which all of these words occur: in what was said, the id, the mode, the status. */
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
  if (known && Object.entries(change).every(([name, value]) => known[name] === value)) return;
  if (known) Object.assign(known, change);
  else if (change.createdAt) all.unshift(change);
  localStorage.setItem(KEPT, JSON.stringify(all.slice(0, MOST)));
}

/** The first words said in a session, as far as this browser has heard or read them. */
export function titleOf(sessionId) {
  return read().find((session) => session.sessionId === sessionId)?.title ?? "";
}

/** Name a session by the first words said in it, if it has no name yet. @returns {boolean} whether it had none */
export function nameSession(sessionId, words) {
  const title = words.trim().slice(0, TITLE_CHARS);
  if (!title || titleOf(sessionId)) return false;
  keepSession({ sessionId, title });
  return true;
}

/** Keep what was said in a session, to find it again by. @param {{role: string?, text: string?}[]} items */
export function keepSaid(sessionId, items) {
  const spoken = items.filter((item) => item.text);
  if (!spoken.length) return;
  nameSession(sessionId, spoken.find((item) => item.role === "user")?.text ?? "");
  keepSession({ sessionId, said: spoken.map((item) => item.text).join(" ").slice(0, SAID_CHARS) });
}

/** Other tabs write, too: parse again whenever it differs. */
function read() {
  const text = localStorage.getItem(KEPT) ?? "[]";
  if (text !== parsed.text) parsed = { text, sessions: JSON.parse(text) };
  return parsed.sessions;
}
