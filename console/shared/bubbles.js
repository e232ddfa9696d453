/** What two say to each other in writing, as a list of bubbles. */

import { element } from "./dom.js";

/** Add a bubble. @returns what writes in it: `add(words)`, `set(words)`, `note(words)` */
export function bubble(list, speaker, name, words = "") {
  const said = element("p", words);
  const item = element("li", [element("b", name), said], { class: speaker });
  list.append(item);
  reveal(list);
  return {
    add: (more) => {
      said.append(more);
      reveal(list);
    },
    set: (all) => said.replaceChildren(all),
    note: (words, kind = "quiet") => {
      item.append(element("p", words, { class: kind }));
      reveal(list);
    },
  };
}

/** While an answer comes a screen reader waits: it reads what is whole. */
export function answering(list, busy) {
  list.parentElement.setAttribute("aria-busy", String(busy));
}

function reveal(list) {
  list.parentElement.scrollTop = list.parentElement.scrollHeight;
}

/** Enter sends, shift and Enter is a new line. */
export function sendOnEnter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}
