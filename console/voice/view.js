/** The voice part of the page: forms and buttons to the desk, the desk to what is drawn. */

import { $, pairs } from "../shared/dom.js";
import { remember } from "../shared/navigation.js";
import { scriptNames } from "../shared/simulator.js";
import { doing, say, showProblem } from "../shared/told.js";
import { showActions, showCard, showSessions } from "./card.js";
import { Desk } from "./desk.js";
import { showLevel } from "./levels.js";
import { Logs } from "./logs.js";
import { showMemories, showNoMemories } from "./remembered.js";
import { listSessions, titleOf } from "./sessions.js";
import { linesOfRecord, showTimeline } from "./timeline.js";
import { showTranscripts } from "./transcripts.js";
import { showUsage } from "./usage.js";

const SECOND_MS = 1000;
const PACE_MS = 100; // words come in dozens of pieces a second; an eye needs fewer drawings

export async function startVoice({ api, who, settings }) {
  const desk = new Desk(api, who, settings);
  const draw = drawer(desk, choose);
  const logs = new Logs(api, () => look().catch(() => {}));
  let meters = [];

  function start(wishes) {
    return doing("Placing a call…", () => desk.start(wishes), "The call is connected.", $("start")).then((well) => well && seen(desk, draw));
  }

  function choose(sessionId) {
    return doing("Reading the session…", () => desk.show(sessionId), "Here is the session.").then((well) => well && seen(desk, draw));
  }

  async function look(first) {
    await first;
    if (!who.isUser) return showNoMemories();
    const change = (before, work, after, button) => doing(before, async () => look(await work()), after, button);
    showMemories(await api.memories(), {
      onForget: (memoryId) => change("Forgetting…", () => api.forget(memoryId), "Forgotten."),
      onOptOut: (optOut) => change("Keeping your choice…", () => api.optOut(optOut),
        optOut ? "Nothing is remembered any more." : "Talks are remembered again.", $("opt-out")),
    });
  }

  const actions = {
    connect: ["Placing a call…", () => desk.call(), "The call is connected."],
    renew: ["Renewing…", () => desk.renew(), "Renewed."],
    extract: ["Reading the transcript into a profile…", () => desk.extract(), "Here is the profile."],
    end: ["Ending…", () => desk.end(), "The session is over."],
    "load-memories": ["Asking what is remembered…", () => look(desk.load()), "Here is what is remembered."],
  };
  for (const [id, [before, work, after]] of Object.entries(actions)) {
    $(id).onclick = () => doing(before, work, after, $(id)).then(draw);
  }
  const form = $("call-form");
  const wishes = () => Object.fromEntries(new FormData(form));
  $("refresh").onclick = () => start({ ...(desk.line?.wishes ?? wishes()), reset: desk.id });
  $("mute").onclick = () => {
    desk.line.mute(!desk.line.muted);
    draw();
  };
  $("search").oninput = draw;
  form.onsubmit = (event) => {
    event.preventDefault();
    start(wishes());
  };
  form.elements.source.onchange = ({ target }) => ($("script-choice").hidden = target.value !== "script");

  desk.addEventListener("change", paced(draw));
  desk.addEventListener("lost", () => say("The call was lost; another is being placed."));
  desk.addEventListener("back", () => say("The call is connected again."));
  desk.addEventListener("problem", ({ detail }) => {
    say("The call was lost.");
    showProblem(detail);
  });
  desk.addEventListener("record", () => logs.show(desk.record));
  desk.addEventListener("voice", () => {
    for (const stop of meters) stop();
    const { voice, microphone } = desk.live;
    $("voice-out").srcObject = voice;
    meters = [showLevel(voice, $("level-out")), ...(microphone ? [showLevel(microphone, $("level-in"))] : [])];
  });
  setInterval(() => {
    if (desk.live) return draw(); // the time on calls runs
    for (const stop of meters.splice(0)) stop();
  }, SECOND_MS);
  await offerScripts(form, settings.simulator);
  draw();
  look().catch(() => {}); // the button tells what is wrong
  return {
    show: (sessionId) => {
      if (sessionId && sessionId !== desk.id) return choose(sessionId);
      if (sessionId) desk.stay();
      else desk.leave();
      remember("voice", sessionId);
      return draw();
    },
  };
}

/** Lead the eye and the screen reader to the session, and note it in the address. */
function seen(desk, draw) {
  remember("voice", desk.id);
  draw();
  scrollTo({ top: 0 });
  $("session-heading").focus({ preventScroll: true });
}

/** Draw at once; what else comes within the pace is drawn together, at its end. */
function paced(draw) {
  let timer = null;
  let due = false;
  return function next() {
    due = Boolean(timer);
    if (due) return;
    draw();
    timer = setTimeout(() => {
      timer = null;
      if (due) next();
    }, PACE_MS);
  };
}

function drawer(desk, onChoose) {
  return () => {
    const { record, line, live, sideband, profile } = desk;
    const search = $("search").value;
    showSessions(listSessions(search), { current: desk.id, live, searching: Boolean(search), onChoose });
    showActions({ record, line, live });
    const lags = record && showTranscripts({ line, record, sideband });
    showCard({ record, line, title: titleOf(desk.id), lags, now: Date.now() });
    if (!record) return;
    showTimeline([...(line?.lines ?? []), ...linesOfRecord(record)]);
    showUsage(record);
    showProfile(profile?.profile ?? record.profile);
  };
}

function showProfile(profile) {
  $("profile-section").hidden = !profile;
  pairs($("profile"), Object.fromEntries(Object.entries(profile ?? {}).map(plain)));
}

function plain([name, value]) {
  const words = [value].flat().map((each) => (each && typeof each === "object" ? JSON.stringify(each) : String(each ?? "–")));
  const heading = name.replaceAll("_", " ");
  return [heading[0].toUpperCase() + heading.slice(1), words.join(", ") || "–"];
}

/** Without a simulator nobody but the person can speak. */
async function offerScripts(form, simulator) {
  const scripts = await scriptNames(simulator);
  form.elements.script.replaceChildren(...scripts.map((name) => new Option(name, name)));
  if (scripts.length) return;
  form.elements.source.value = "microphone";
  form.elements.source.options[0].disabled = true;
  $("script-choice").hidden = true;
}
