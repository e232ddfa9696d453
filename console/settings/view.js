/** The settings' part of the page: where things are, and who is asking. */

import { $ } from "../shared/dom.js";
import { madeUpUser } from "../shared/simulator.js";
import { doing } from "../shared/told.js";
import { keepSettings, keptSettings } from "./settings.js";

const MADE_UP = "ada";

export function startSettings({ settings, who }) {
  const form = $("settings-form");
  for (const [name, value] of Object.entries(keptSettings())) form.elements[name].value = value;
  form.onsubmit = (event) => {
    event.preventDefault();
    begin(Object.fromEntries(new FormData(form)));
  };
  $("who").textContent = who.name;
  $("identity").textContent = who.isUser
    ? `You are ${who.name}, by the token that this tab keeps.`
    : "You are a guest. Guests have sessions and may talk; memories and self-hosted chats are for users.";
  $("sign-in").hidden = $("sign-in-note").hidden = !settings.simulator || who.isUser;
  $("sign-out").hidden = !who.isUser;
  $("sign-in").onclick = () =>
    doing("Signing in…", async () => become(await madeUpUser(settings.simulator, MADE_UP)), "You are a user.");
  $("sign-out").onclick = () => become("");
}

function become(token) {
  begin({ ...keptSettings(), token });
}

/** Everything on the page is somebody's at some place: begin anew. */
function begin(settings) {
  keepSettings(settings);
  location.reload();
}
