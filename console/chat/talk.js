/** A plain conversation with the self-hosted ChatKit server: choose a thread, say something, read the answer. */

import { answering, bubble, sendOnEnter } from "../shared/bubbles.js";
import { $ } from "../shared/dom.js";
import { doing } from "../shared/told.js";
import { Chat, wordsOf } from "./protocol.js";

const NEW = "";
const WHO = { user_message: ["user", "You"], assistant_message: ["assistant", "Agent"] };

export class Talk {
  #chat = null;
  #wanted = null; // the chat that was asked for last; `#chat` follows with its threads
  #stop = null;

  constructor(api) {
    this.api = api;
    const form = $("chat-composer");
    form.onsubmit = (event) => {
      event.preventDefault();
      const said = form.elements.words.value.trim();
      if (!said || this.#stop) return;
      form.elements.words.value = "";
      doing("The agent answers…", () => this.#say(said), "Here is the answer.");
    };
    form.elements.words.onkeydown = sendOnEnter;
    $("chat-stop").onclick = () => this.#stop?.abort();
    $("chat-thread").onchange = ({ target }) => doing("Reading the thread…", () => this.#read(target.value), "Here is the thread.");
  }

  /** Show the conversation of a chat that is open and self-hosted; none for others, and none that was overtaken. */
  async open({ mode, status, codex_session_id: codex }) {
    const talks = mode === "self_hosted" && status === "active" && Boolean(codex);
    const same = talks && this.#chat?.codexSessionId === codex;
    $("chat-talk").hidden = !same; // nobody speaks into a thread that is still being read
    this.#wanted = same ? this.#chat : talks ? new Chat(this.api, codex) : null;
    if (!talks || same) return;
    this.#stop?.abort();
    const chat = this.#wanted;
    const threads = await chat.threads();
    const items = chat === this.#wanted && threads.length ? await chat.items(threads[0].id) : [];
    if (chat !== this.#wanted) return;
    this.#chat = chat;
    const options = threads.map(({ id, title }) => new Option(title || id, id));
    $("chat-thread").replaceChildren(new Option("a new one", NEW), ...options);
    $("chat-thread").value = threads[0]?.id ?? NEW;
    this.#show(items);
    $("chat-talk").hidden = false;
  }

  /** Show a thread. @returns false if another was chosen before it was read */
  async #read(threadId) {
    const chat = this.#chat;
    const items = threadId ? await chat.items(threadId) : [];
    if (chat !== this.#chat || threadId !== $("chat-thread").value) return false;
    this.#show(items);
    return true;
  }

  #show(items) {
    $("chat-words").replaceChildren();
    for (const item of items) if (WHO[item.type]) bubble($("chat-words"), ...WHO[item.type], wordsOf(item));
    this.#settle();
  }

  async #say(words) {
    const list = $("chat-words");
    this.#stop = new AbortController();
    bubble(list, ...WHO.user_message, words);
    const answers = new Map();
    const answer = (id) => answers.get(id) ?? answers.set(id, bubble(list, ...WHO.assistant_message)).get(id);
    answering(list, true);
    this.#settle();
    try {
      for await (const event of this.#chat.say(words, $("chat-thread").value, this.#stop.signal)) this.#take(event, answer);
    } catch (problem) {
      if (!this.#stop.signal.aborted) {
        $("chat-composer").elements.words.value ||= words; // to say it again
        throw problem;
      }
    } finally {
      this.#stop = null;
      answering(list, false);
      this.#settle();
    }
  }

  #take(event, answer) {
    if (event.type === "thread.created") this.#add(event.thread);
    if (event.type === "thread.updated" && event.thread.title) this.#name(event.thread);
    if (event.type === "thread.item.updated" && event.update.delta) answer(event.item_id).add(event.update.delta);
    if (event.type === "thread.item.done" && event.item.type === "assistant_message") answer(event.item.id).set(wordsOf(event.item));
    if (event.type === "error") throw Object.assign(new Error(event.message ?? "The answer failed."), { code: event.code });
  }

  #add({ id }) {
    $("chat-thread").append(new Option(id, id));
    $("chat-thread").value = id;
  }

  #name({ id, title }) {
    const option = [...$("chat-thread").options].find(({ value }) => value === id);
    if (option) option.textContent = title;
  }

  #settle() {
    $("chat-silent").hidden = $("chat-words").children.length > 0;
    $("chat-stop").disabled = !this.#stop;
    $("chat-thread").disabled = Boolean(this.#stop);
  }
}
