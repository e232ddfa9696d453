/** The parts of the page, one at a time: the address's fragment says which, as `#voice` or `#voice/sess_…`. */

const NAMES = ["voice", "agent", "chat", "settings"];

/** Show the part that the address names, now and whenever it changes; `onShow(name, rest)` is told. */
export function navigate(onShow) {
  const show = (moved) => {
    const [name, rest = ""] = location.hash.slice(1).split("/");
    if (location.hash && !NAMES.includes(name)) return; // a place within the part, such as the skip link's
    const part = name || NAMES[0];
    for (const each of NAMES) {
      document.getElementById(each).hidden = each !== part;
      const link = document.querySelector(`nav a[href="#${each}"]`);
      if (each === part) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${document.querySelector(`nav a[href="#${part}"]`).textContent} · Switchboard`;
    if (moved) document.getElementById("main").focus({ preventScroll: true });
    onShow(part, rest);
  };
  addEventListener("hashchange", () => show(true));
  show(false);
}

/** Note in the address what is looked at, so that a reload finds it again. */
export function remember(name, rest) {
  history.replaceState(null, "", `#${name}${rest ? `/${rest}` : ""}`);
}
