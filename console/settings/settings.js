/** Where the API, the upstream and the simulator are: `settings.json` beside this page, and what is kept here. */

const KEPT = "switchboard.settings";
const NAMES = ["api", "upstream", "simulator"];

/** @returns {Promise<{api: string, upstream: string, simulator: string, token: string}>} URLs without a last slash */
export async function loadSettings() {
  const answer = await fetch("settings.json", { cache: "no-store" }).catch(() => null);
  const deployed = answer?.ok ? await answer.json() : {};
  const kept = keptSettings();
  const settings = { token: kept.token };
  for (const name of NAMES) settings[name] = (kept[name] || deployed[name] || "").replace(/\/$/, "");
  settings.api ||= location.origin;
  settings.upstream ||= "https://api.openai.com/v1";
  if (kept.appearance) document.documentElement.dataset.appearance = kept.appearance;
  return settings;
}

/** What was typed here before: it differs from the deployed settings. */
export function keptSettings() {
  return { ...JSON.parse(localStorage.getItem(KEPT) ?? "{}"), token: sessionStorage.getItem(KEPT) ?? "" };
}

/** Keep what was typed; the token only as long as this tab lives. */
export function keepSettings({ token, ...others }) {
  sessionStorage.setItem(KEPT, token);
  localStorage.setItem(KEPT, JSON.stringify(others));
}
