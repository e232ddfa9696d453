/** Elements: finding them, making them, and changing only what differs. */

export const $ = (id) => document.getElementById(id);

/** Make an element. `attributes` with null or false are left out. */
export function element(name, content = "", attributes = {}) {
  const made = document.createElement(name);
  made.append(...[content].flat().filter((part) => part !== null && part !== ""));
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false && value !== undefined) made.setAttribute(key, value);
  }
  return made;
}

/** Make a button that says what it does, also to those who do not see what stands beside it. */
export function button(words, onClick, attributes = {}) {
  const made = element("button", words, { type: "button", ...attributes });
  made.onclick = onClick;
  return made;
}

/** A moment in words; the exact time shows to whoever points at it. */
export function moment(time, words) {
  const exact = new Date(time).toISOString();
  return element("time", words, { datetime: exact, title: exact });
}

/** Give a parent these children, and leave those alone that are already so: focus and selection stay. */
export function sync(parent, children) {
  children.forEach((child, at) => {
    const there = parent.children[at];
    if (!there) parent.append(child);
    else if (!there.isEqualNode(child)) there.replaceWith(child);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

/** Fill a `<dl>` with names and values; what is null is shown as a dash. */
export function pairs(list, facts) {
  const rows = Object.entries(facts).map(([name, value]) =>
    element("div", [element("dt", name), element("dd", value instanceof Node ? value : String(value ?? "–"))]),
  );
  sync(list, rows);
}

/** Set text only where it differs, so that a live region speaks once. */
export function write(node, words) {
  if (node.textContent !== words) node.textContent = words;
}
