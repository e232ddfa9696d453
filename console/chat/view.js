/** The ChatKit part of the page: open a chat, see who has it, tell what happened in it, cancel it, talk. */

import { $, element, moment, pairs, sync, write } from "../shared/dom.js";
import { clock, day } from "../shared/figures.js";
import { remember } from "../shared/navigation.js";
import { doing } from "../shared/told.js";
import { Talk } from "./talk.js";

const KEPT = "switchboard.chats"; // hosted chats of a guest: the API lists those of users
const MOST = 50;

export function startChat({ api, who }) {
  const talk = new Talk(api);
  let chat = null;
  let wanted = null; // the chat that was asked for last; `chat` follows with its answer

  async function list() {
    const theirs = who.isUser ? (await api.ask("GET", "/api/codex/chatkit/sessions?limit=50")).sessions : kept();
    sync($("chats"), theirs.map((each) => choice(each, each.id === chat?.id, () => choose(each.id))));
    $("no-chats").hidden = theirs.length > 0;
    write($("no-chats"), "None yet. Those that you open are listed here.");
  }

  /** Show a chat. @returns false if another was chosen meanwhile, or the chat left */
  async function look(id) {
    wanted = id;
    const read = await api.ask("GET", `/chatkit/sessions/${id}`).catch((problem) => {
      if (id === wanted) wanted = chat?.id ?? null; // that one is shown still
      throw problem;
    });
    if (id !== wanted) return false;
    chat = read;
    if (!who.isUser) keep(chat);
    remember("chat", id);
    showChat(chat);
    await Promise.all([list(), talk.open(chat)]);
    return id === wanted;
  }

  function choose(id) {
    return doing("Reading the chat…", () => look(id), "Here is the chat.").then((well) => well && $("chat-heading").focus());
  }

  async function open({ agent, mode, placement }) {
    if (mode === "hosted") return (await api.ask("POST", "/chatkit/sessions", { agent_id: agent })).id;
    const body = { placement, agent_id: agent };
    const made = await api.ask("POST", "/api/codex/sessions", body).catch((problem) => {
      if (problem.code !== "codex_session_active") throw problem; // one for each place and agent: it is taken up again
      return api.ask("GET", problem.details.current);
    });
    return made.metadata.chat_session_id;
  }

  /** Tell the chat's record what happened. */
  function record(type, payload, after) {
    const { id } = chat;
    return doing("Telling the chat…", async () => {
      await api.ask("POST", `/chatkit/sessions/${id}/events`, { type, payload });
      return id === wanted && look(id);
    }, after);
  }

  const form = $("chat-form");
  form.elements.mode.onchange = ({ target }) => ($("chat-placement").hidden = target.value === "hosted");
  form.onsubmit = (event) => {
    event.preventDefault();
    const wishes = Object.fromEntries(new FormData(form));
    doing("Opening a chat…", async () => look(await open(wishes)), "The chat is open.")
      .then((well) => well && $("chat-heading").focus());
  };
  $("chat-look").onclick = () => choose(chat.id);
  $("chat-escalate").onclick = () => record("hitl_escalation", { to: "support" }, "A person has it now; the agent keeps silent.");
  $("chat-resolve").onclick = () => record("hitl_resolved", {}, "The agent answers again.");
  $("chat-cancel").onclick = () => doing("Cancelling…", async () => {
    const { id, codex_session_id: codex } = chat;
    await api.ask("POST", codex ? `/api/codex/sessions/${codex}/close` : `/chatkit/sessions/${id}/cancel`);
    return id === wanted && look(id);
  }, "The chat is over.");
  $("chat-event").onsubmit = (event) => {
    event.preventDefault();
    const { type, payload } = Object.fromEntries(new FormData(event.target));
    let content;
    try {
      content = JSON.parse(payload);
    } catch {
      return doing("Telling the chat…", () => Promise.reject(new Error("The payload is no JSON.")), "");
    }
    return record(type, content, `The event ${type} is recorded.`);
  };
  $("chat-guest").hidden = who.isUser;
  if (!who.isUser) form.elements.mode.value = "hosted";
  form.elements.mode.onchange({ target: form.elements.mode });

  function leave() {
    chat = wanted = null;
    remember("chat", "");
    $("chat-nothing").hidden = false;
    $("chat-one").hidden = true;
    return doing("Reading the chats…", list, "Here are the chats.");
  }

  return {
    show: (id) => {
      if (!id) return leave();
      if (id !== chat?.id) return choose(id);
      wanted = id;
      return list().catch(() => {});
    },
  };
}

function showChat(chat) {
  const { id, mode, status, holder, agent_id: agent, created_at: created, expires_at: expires, chatkit } = chat;
  const open = status === "active";
  $("chat-nothing").hidden = true;
  $("chat-one").hidden = false;
  $("chat-pill").dataset.kind = open ? "live" : "over";
  write($("chat-pill"), open ? "Active" : "Ended");
  write($("chat-id"), id);
  write($("chat-heading"), `${mode === "hosted" ? "Hosted" : "Self-hosted"} chat with ${agent}`);
  pairs($("chat-facts"), {
    "Who answers": holder.replace(":", " "),
    Opened: moment(created, day(created)),
    [chat.ended_at ? "Ended" : "Open until"]: moment(chat.ended_at ?? expires, day(chat.ended_at ?? expires)),
    "At OpenAI": chatkit.sessionId ? `${chatkit.status}` : "nothing",
  });
  const person = holder.startsWith("person:");
  $("chat-escalate").hidden = !open || person;
  $("chat-resolve").hidden = !open || !person;
  $("chat-cancel").hidden = $("chat-events").hidden = !open;
  sync($("chat-holdings"), chat.holdings.map(({ holder: each, since }) =>
    element("li", [moment(since, clock(since)), element("p", each.replace(":", " "))])));
}

function choice(chat, chosen, onChoose) {
  const note = element("small", [moment(chat.created_at, day(chat.created_at)), ` · ${chat.status}`]);
  const made = element("button", [element("span", `${chat.agent_id}, ${chat.mode.replace("_", "-")}`), note], { type: "button", "aria-current": chosen && "true" });
  made.onclick = onChoose;
  return element("li", made);
}

function kept() {
  return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
}

function keep({ id, agent_id, mode, status, created_at }) {
  const others = kept().filter((each) => each.id !== id);
  localStorage.setItem(KEPT, JSON.stringify([{ id, agent_id, mode, status, created_at }, ...others].slice(0, MOST)));
}
