/** The parts of the page, one at a time: the address's fragment says which, as `#voice` or `#voice/sess_…`. */

const NAMES = ["voice", "agent", "chat", "settings"];

/** Show the part that the address names, now and whenever it changes; `onShow(name, rest)` is told. */
export function navigate(onShow) {
  const show = (moved) => {
    const [name, rest = ""] = location.hash.slice(1).split("/");
    const named = NAMES.includes(name);
    if (moved && location.hash && !named) return; // a place within the part, such as the skip link's
    const part = named ? name : NAMES[0];
    for (const each of NAMES) {
      document.getElementById(each).hidden = each !== part;
      if (each === part) linkTo(each).setAttribute("aria-current", "page");
      else linkTo(each).removeAttribute("aria-current");
    }
    document.title = `${linkTo(part).textContent} · Switchboard`;
    if (moved) document.getElementById("main").focus({ preventScroll: true });
    onShow(part, named ? rest : "");
  };
  addEventListener("hashchange", () => show(true));
  show(false);
}

/**
 * Note in the address what is looked at: a reload finds it again, and so do the part's link and the browser's way back.
 * Where the window is narrow, one thing hides the list that it is chosen from.
 */
export function remember(name, rest) {
  const place = `#${name}${rest ? `/${rest}` : ""}`;
  const part = document.getElementById(name);
  if (location.hash !== place && !part.hidden) history.pushState(null, "", place);
  linkTo(name).hash = place;
  part.dataset.shown = rest ? "one" : "list";
}

function linkTo(name) {
  return document.querySelector(`nav a[data-part="${name}"]`);
}
