/** Puts the page together: its parts' markup, who is asking, and which part is looked at. */

import { startAgent } from "./agent/view.js";
import { startChat } from "./chat/view.js";
import { loadSettings } from "./settings/settings.js";
import { startSettings } from "./settings/view.js";
import { Api } from "./shared/api.js";
import { navigate } from "./shared/navigation.js";
import { showProblem } from "./shared/told.js";
import { Who } from "./shared/who.js";
import { startVoice } from "./voice/view.js";

const PARTS = { voice: startVoice, agent: startAgent, chat: startChat, settings: startSettings };

async function start() {
  const settings = await loadSettings();
  const who = new Who(settings);
  const world = { api: new Api(who), who, settings };
  const parts = {};
  await Promise.all(
    Object.keys(PARTS).map(async (name) => {
      const markup = await fetch(`${name}/part.html`);
      if (!markup.ok) throw new Error(`${name}/part.html is missing beside this page.`);
      document.getElementById(name).innerHTML = await markup.text();
      parts[name] = await PARTS[name](world);
    }),
  );
  navigate((name, rest) => parts[name]?.show?.(rest));
  document.documentElement.dataset.ready = "true";
}

start().catch((problem) => {
  showProblem(new Error(`This page did not load whole: ${problem.message} Try to reload it.`));
});
