/** Wires the page: forms and buttons to the desk, the desk to the view. */

import { Api } from "./api.js";
import { Desk } from "./desk.js";
import { showLevel } from "./levels.js";
import { keepSession, listSessions } from "./sessions.js";
import { keepSettings, loadSettings, showSettings } from "./settings.js";
import { Sideband } from "./sideband.js";
import { scriptNames } from "./simulator.js";
import { linesOfRecord } from "./timeline.js";
import * as view from "./view.js";

const { $ } = view;
const settings = await loadSettings();
const api = new Api(settings);
const desk = new Desk(api, settings);
const sideband = new Sideband(api, draw);
let meters = [];

function draw() {
  const { record, call, secret } = desk;
  view.showSession(record);
  view.showActions({ open: desk.open, live: Boolean(call), secret, microphone: call?.microphone });
  view.showTranscripts(desk.heard, sideband.items, sideband.readable);
  view.showTimeline([...desk.lines, ...(record ? linesOfRecord(record) : [])], desk.heard.tokens);
  view.showProfile(desk.profile);
  sideband.live = Boolean(call);
  drawSessions();
}

function drawSessions() {
  view.showSessions(listSessions($("search").value), desk.id, choose);
}

/** Do what a button asks for, say so before and after, and show what went wrong. */
async function doing(before, work, after) {
  view.showProblem(null);
  view.say(before);
  try {
    await work();
    view.say(after);
  } catch (problem) {
    view.showProblem(problem);
    view.say("That did not work.");
  }
  draw();
}

function start(wishes) {
  return doing(
    "Placing a call…",
    async () => {
      sideband.follow(null);
      await desk.start(wishes);
      sideband.follow(desk.id);
      $("session").focus();
    },
    "The call is connected.",
  );
}

function choose(sessionId) {
  return doing(
    "Reading the session…",
    async () => {
      desk.leave();
      desk.clear();
      await desk.load(sessionId);
      keepSession({ sessionId, status: desk.record.status });
      sideband.follow(sessionId);
    },
    "Here is the session.",
  );
}

function wishes() {
  return Object.fromEntries(new FormData($("call-form")));
}

$("call-form").onsubmit = (event) => {
  event.preventDefault();
  start(wishes());
};
$("connect").onclick = () => {
  desk.wishes ??= wishes();
  doing("Placing a call…", () => desk.connect(), "The call is connected.");
};
$("renew").onclick = () => doing("Renewing…", () => desk.renew(), "Renewed.");
$("refresh").onclick = () => start({ ...(desk.wishes ?? wishes()), reset: desk.id });
$("extract").onclick = () => doing("Reading the transcript into a profile…", () => desk.extract(), "Here is the profile.");
$("end").onclick = () => doing("Ending…", () => desk.end(), "The session is over.");
$("mute").onclick = ({ currentTarget: button }) => {
  const muted = button.getAttribute("aria-pressed") !== "true";
  desk.call.mute(muted);
  button.setAttribute("aria-pressed", String(muted));
};
$("search").oninput = drawSessions;
$("call-form").elements.source.onchange = ({ target }) => {
  $("script-choice").hidden = target.value !== "script";
};
$("settings-form").onsubmit = (event) => {
  event.preventDefault();
  keepSettings(event.target);
  location.reload();
};
$("load-memories").onclick = showMemories;

async function showMemories() {
  await doing(
    "Asking what is remembered…",
    async () => {
      const found = await api.memories();
      view.showMemories(found.memories, async (memoryId) => {
        await api.forget(memoryId);
        await showMemories();
      });
    },
    "Here is what is remembered.",
  );
}

desk.addEventListener("change", draw);
desk.addEventListener("voice", () => {
  for (const stop of meters) stop();
  const { voice, microphone } = desk.latest;
  $("voice").srcObject = voice;
  meters = [showLevel(voice, $("level-out"))];
  if (microphone) meters.push(showLevel(microphone, $("level-in")));
});
addEventListener("pagehide", () => desk.leave());

const scripts = await scriptNames(settings.simulator);
const form = $("call-form");
form.elements.script.replaceChildren(...scripts.map((name) => new Option(name, name)));
if (!scripts.length) {
  form.elements.source.value = "microphone";
  form.elements.source.options[0].disabled = true;
  $("script-choice").hidden = true;
}
showSettings($("settings-form"));
draw();
document.documentElement.dataset.ready = "true";
