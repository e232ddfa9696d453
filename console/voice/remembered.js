/** What is left of sessions: the logs that pages have uploaded, and what is remembered of a user. */

import { $, button, element, moment, sync, write } from "../shared/dom.js";
import { day } from "../shared/figures.js";

export function showMemories({ memories, optedOut }, { onForget, onOptOut }) {
  sync($("memories"), memories.map((memory) => noteOf(memory, onForget)));
  const none = optedOut ? "This user wants nothing remembered." : "Nothing is remembered of this user yet.";
  write($("memories-note"), memories.length ? "" : none);
  $("opt-out").hidden = false;
  write($("opt-out"), optedOut ? "Remember again" : "Remember nothing");
  $("opt-out").onclick = () => onOptOut(!optedOut);
}

export function showNoMemories() {
  sync($("memories"), []);
  $("opt-out").hidden = true;
  write($("memories-note"), "A guest has no memories: sign in under Settings to try them.");
}

function noteOf({ memoryId, text, createdAt }, onForget) {
  const forget = button("Forget", () => onForget(memoryId), { "aria-label": `Forget: ${text}`, "data-memory": memoryId });
  return element("li", [element("span", "memory", { class: "source" }), element("p", [text, element("small", moment(createdAt, day(createdAt)))]), forget]);
}
