/** Where the API, the upstream and the simulator are: `settings.json` beside this page, and what is kept here. */

const KEPT = "switchboard.settings";
const NAMES = ["api", "upstream", "simulator"];

/** @returns {Promise<{api: string, upstream: string, simulator: string, token: string}>} URLs without a last slash */
export async function loadSettings() {
  const answer = await fetch("settings.json", { cache: "no-store" }).catch(() => null);
  const deployed = answer?.ok ? await answer.json() : {};
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  const settings = { token: sessionStorage.getItem(KEPT) ?? "" };
  for (const name of NAMES) settings[name] = (kept[name] || deployed[name] || "").replace(/\/$/, "");
  settings.api ||= location.origin;
  settings.upstream ||= "https://api.openai.com/v1";
  return settings;
}

/** Keep what was typed; the token only as long as this tab lives. */
export function keepSettings(form) {
  const typed = Object.fromEntries(new FormData(form));
  sessionStorage.setItem(KEPT, typed.token);
  localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, typed[name]]))));
}

/** Show in the form what differs from the deployed settings. */
export function showSettings(form) {
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  for (const name of NAMES) form.elements[name].value = kept[name] ?? "";
  form.elements.token.value = sessionStorage.getItem(KEPT) ?? "";
}
