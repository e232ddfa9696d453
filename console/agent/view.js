/** The text agent's part of the page: ask, read the answer as it comes, stop it, look back, forget. */

import { answering, bubble, sendOnEnter } from "../shared/bubbles.js";
import { $ } from "../shared/dom.js";
import { dollars, number, seconds } from "../shared/figures.js";
import { doing } from "../shared/told.js";

const KEPT = "switchboard.agent"; // the session's id: who may read it is the API's to say
const TOOL = { ok: "answers", failed: "failed", timeout: "took too long" };
const NOTES = { refusal: "It declines", incomplete: "Broken off", error: "It failed" };

export function startAgent({ who }) {
  let agent = who.agent(localStorage.getItem(KEPT) ?? undefined);
  let stop = null;
  let older = null;
  const words = $("agent-words");

  function draw(analytics) {
    $("agent-nothing").hidden = words.children.length > 0;
    $("agent-id").textContent = agent.sessionId ?? "";
    $("agent-stop").disabled = !stop;
    $("agent-older").hidden = !older;
    for (const id of ["agent-clear", "agent-new"]) {
      $(id).hidden = !agent.sessionId;
      $(id).disabled = Boolean(stop);
    }
    if (analytics) $("agent-sums").textContent = sumsOf(analytics);
  }

  function keep() {
    who.keep(agent.guestToken);
    localStorage.setItem(KEPT, agent.sessionId);
  }

  async function ask(query) {
    stop = new AbortController();
    bubble(words, "user", "You", query);
    const answer = bubble(words, "assistant", "Agent");
    answering(words, true);
    draw();
    try {
      for await (const event of agent.ask(query, { signal: stop.signal })) show(event, answer);
      keep();
      void sum();
    } catch (problem) {
      if (!stop.signal.aborted) {
        answer.note("No answer came.");
        $("agent-form").elements.query.value ||= query; // to ask again
        throw problem;
      }
      answer.note("You stopped the answer.");
    } finally {
      stop = null;
      answering(words, false);
      draw();
    }
  }

  async function sum() {
    const page = await agent.history({ limit: 1 }).catch(() => null); // they are told the next time
    if (page) draw(page.analytics);
  }

  /** What was asked before, up to where it was looked at. */
  async function recall(cursor) {
    const page = await agent.history({ cursor });
    const there = [...words.children];
    words.replaceChildren();
    for (const { query, answer, status } of page.messages) {
      bubble(words, "user", "You", query);
      const told = bubble(words, "assistant", "Agent", answer);
      if (status !== "completed") told.note(status);
    }
    words.append(...there);
    older = page.cursor;
    draw(page.analytics);
  }

  $("agent-form").onsubmit = (event) => {
    event.preventDefault();
    const { query } = event.target.elements;
    const asked = query.value.trim();
    if (!asked || stop) return;
    query.value = "";
    doing("The agent answers…", () => ask(asked), "Here is the answer.");
  };
  $("agent-form").elements.query.onkeydown = sendOnEnter;
  $("agent-stop").onclick = () => stop?.abort();
  $("agent-older").onclick = () => doing("Looking back…", () => recall(older), "Here is what was asked before.");
  $("agent-clear").onclick = () => doing("Forgetting…", async () => {
    const { analytics } = await agent.clear();
    words.replaceChildren();
    older = null;
    draw(analytics);
  }, "What was said is forgotten.");
  $("agent-new").onclick = () => doing("Opening a session…", async () => {
    agent = who.agent();
    await agent.createSession();
    keep();
    words.replaceChildren();
    older = null;
    draw({});
  }, "Here is a new session.");

  let looked = false;
  return {
    show: () => {
      draw();
      if (looked || !agent.sessionId) return;
      looked = true;
      recall().catch(() => { // another's by now, or gone: the next question opens a session
        agent = who.agent();
        draw();
      });
    },
  };
}

function show(event, answer) {
  if (event.type === "token") answer.add(event.content);
  else if (event.type === "tool_call") answer.note(`calls ${event.content}${event.arguments === "{}" ? "" : ` with ${event.arguments}`}`);
  else if (event.type === "tool_result") answer.note(`${event.name} ${TOOL[event.status] ?? event.status}: ${event.content}`);
  else if (event.type === "done") answer.note(figuresOf(event));
  else if (NOTES[event.type]) answer.note(`${NOTES[event.type]}: ${event.content} ${event.code ? `(code ${event.code})` : ""}`, "problem");
}

function figuresOf({ usage, cost_usd, milliseconds, first_token_ms, saved }) {
  const parts = [
    `${number(usage.total_tokens)} tokens`,
    cost_usd !== null && dollars(cost_usd),
    first_token_ms !== null && `first word after ${seconds(first_token_ms)}`,
    `whole after ${seconds(milliseconds)}`,
    !saved && "not saved",
  ];
  return parts.filter(Boolean).join(" · ");
}

/** The session's own sums, which go on when what was said is forgotten. */
function sumsOf({ answers, input_tokens, cached_tokens, output_tokens, cost_usd, mean_first_token_ms, mean_ms }) {
  if (!answers) return "";
  const parts = [
    `${number(answers)} ${answers === 1 ? "answer" : "answers"} in this session`,
    `${number(input_tokens + output_tokens)} tokens, ${number(cached_tokens)} of them from the cache`,
    typeof cost_usd === "number" && dollars(cost_usd),
    typeof mean_first_token_ms === "number" && `first word after ${seconds(mean_first_token_ms)} on average`,
    typeof mean_ms === "number" && `whole after ${seconds(mean_ms)}`,
  ];
  return parts.filter(Boolean).join(" · ");
}
