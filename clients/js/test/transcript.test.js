import assert from "node:assert/strict";
import { test } from "node:test";

import { Talk } from "../src/talk.js";
import { replied, said, settle, world } from "./fakes.js";

const item = (itemId, text, status = "completed") => ({ itemId, generation: 2, text, status });
const page = (items, more = {}) => ({ items, cursor: null, status: "open", ...more });

const cursors = (server) =>
  server.asked("/session/sess_1/transcript").map(({ url }) => new URL(url).searchParams.get("cursor"));

async function followed(pages) {
  const { clock, switchboard, server } = world();
  const session = await switchboard.create();
  server.pages = pages;
  const seen = [];
  const all = (async () => {
    for await (const each of session.follow()) seen.push([each.itemId, each.status]);
  })();
  await clock.pass(pages.length * 2);
  await all;
  return { seen, server };
}

test("a transcript is yielded as it grows, each version once, until the session has ended", async () => {
  const { seen } = await followed([
    page([item("a", null, "pending")]),
    page([item("a", "Hello."), item("b", "Hi", "in_progress")]),
    page([item("a", "Hello."), item("b", "Hi", "in_progress")]),
    page([item("a", "Hello."), item("b", "Hi."), item("c", "Bye.")], { status: "ended" }),
  ]);
  assert.deepEqual(seen, [
    ["a", "pending"],
    ["a", "completed"],
    ["b", "in_progress"],
    ["b", "completed"],
    ["c", "completed"],
  ]);
});

test("pages in which nothing moves any more are not read again", async () => {
  const { server } = await followed([
    page([item("a", "1")], { cursor: "2.a" }),
    page([item("b", "2", "pending")]),
    page([item("b", "2")], { status: "ended" }),
  ]);
  assert.deepEqual(cursors(server), [null, "2.a", "2.a"]);
});

test("pages in which something still moves are read again", async () => {
  const { seen, server } = await followed([
    page([item("a", null, "pending")], { cursor: "2.a" }),
    page([item("b", "2")]),
    page([item("a", "1")], { cursor: "2.a" }),
    page([item("b", "2")], { status: "ended" }),
  ]);
  assert.deepEqual(seen.at(-1), ["a", "completed"]);
  assert.deepEqual(cursors(server), [null, "2.a", null, "2.a"]);
});

test("an ended session is followed until its last words have settled", async () => {
  const { seen } = await followed([
    page([item("a", null, "pending")], { status: "ended" }),
    page([item("a", "Late.")], { status: "ended" }),
  ]);
  assert.deepEqual(seen.at(-1), ["a", "completed"]);
});

test("the whole transcript is read page by page", async () => {
  const { switchboard, server } = world();
  const session = await switchboard.create();
  server.pages = [page([item("a", "1")], { cursor: "2.a" }), page([item("b", "2")])];
  assert.deepEqual((await session.transcript()).map(({ itemId }) => itemId), ["a", "b"]);
});

test("following stops when it is told to", async () => {
  const { clock, switchboard, server } = world();
  const session = await switchboard.create();
  server.pages = Array.from({ length: 50 }, () => page([]));
  const stop = new AbortController();
  const all = (async () => {
    for await (const each of session.follow({ signal: stop.signal })) assert.fail(each);
  })();
  await clock.pass(3);
  stop.abort();
  await clock.pass(3);
  await all;
  assert.ok(server.pages.length > 40);
});

test("following outlasts a server that cannot be reached, and asks ever more rarely", async () => {
  const { clock, switchboard, server } = world();
  const session = await switchboard.create();
  server.refuse = Array.from({ length: 30 }, () => ({ path: "/session/sess_1/transcript", network: true }));
  server.pages = [page([item("a", "Hello.")], { status: "ended" })];
  const seen = [];
  const all = (async () => {
    for await (const each of session.follow()) seen.push(each.itemId);
  })();
  await clock.pass(60);
  const asked = server.requests.length;
  assert.ok(asked > 10 && asked < 24, `${asked} requests`);
  await clock.pass(180);
  await all;
  assert.deepEqual(seen, ["a"]);
});

test("following what is another's is an error", async () => {
  const { switchboard, server } = world();
  const session = await switchboard.create();
  server.refuse = [{ path: "/session/sess_1/transcript", status: 404, code: "not_found" }];
  await assert.rejects(session.follow().next(), { code: "not_found" });
});

test("whoever stops following waits for no answer any more", async () => {
  const { server } = world();
  const fetch = (url, { signal, ...more }) =>
    new URL(url).pathname.endsWith("/transcript") || new URL(url).pathname.endsWith("/extract-profile")
      ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
      : server.fetch(url, more);
  const session = await world({ fetch }).switchboard.create();
  const stop = new AbortController();
  const next = session.follow({ signal: stop.signal }).next();
  const reading = session.extract(undefined, { signal: stop.signal });
  await settle();
  stop.abort();
  assert.deepEqual(await next, { done: true, value: undefined });
  await assert.rejects(reading, { code: "aborted" });
});

test("whoever stops following at an item waits for no other look", async () => {
  const { switchboard, server } = world();
  const session = await switchboard.create();
  server.pages = [page([item("a", "Hello.")])];
  const stop = new AbortController();
  for await (const each of session.follow({ signal: stop.signal })) stop.abort(each);
  assert.equal(server.asked("/session/sess_1/transcript").length, 1);
});

test("a log that is too long for a beacon loses its oldest messages, and says how many there were", () => {
  const talk = new Talk();
  for (let n = 0; n < 400; n += 1) talk.take(said(`item_${n}`, "é".repeat(200)));
  const text = talk.log({ sessionId: "sess_1" }, 60_000);
  const log = JSON.parse(text);
  assert.ok(new TextEncoder().encode(text).length <= 60_000);
  assert.equal(log.messages.at(-1).id, "item_399");
  assert.ok(log.messages.length > 90);
  assert.equal(log.metadata.counts.messages, 400);
});

test("a talk is in the order of the conversation, however late its words are known", () => {
  const talk = new Talk();
  for (const id of ["item_1", "item_2"]) talk.take({ type: "conversation.item.added", item: { id } });
  talk.take(replied("item_2", "Hi."));
  talk.take(said("item_1", "Hello."));
  assert.deepEqual(JSON.parse(talk.log({})).messages.map(({ id }) => id), ["item_1", "item_2"]);
  assert.deepEqual(talk.untold("", 0).map(({ id }) => id), ["item_1", "item_2"]);
});

test("a talk keeps who said what, and which tools were called", () => {
  const talk = new Talk();
  talk.take(said("item_1", "Hello."));
  talk.take(replied("item_2", "Hi."));
  talk.take({ type: "response.output_text.done", item_id: "item_3", text: "In writing." });
  talk.take({ type: "response.function_call_arguments.done", call_id: "call_1", name: "f", arguments: "{}" });
  talk.take({ type: "rate_limits.updated" });
  const log = JSON.parse(talk.log({}));
  assert.deepEqual(log.messages.map(({ role }) => role), ["user", "assistant", "assistant"]);
  assert.deepEqual(log.toolCalls, [{ name: "f", arguments: "{}", callId: "call_1" }]);
});

test("a log says what each item stands behind and when it was spoken, so that gaps can be filled from it", () => {
  const talk = new Talk();
  const added = (id, previous, more) => talk.take({
    type: "conversation.item.added",
    previous_item_id: previous,
    item: { id, ...more },
  });
  talk.take({ type: "input_audio_buffer.speech_started", item_id: "item_1", audio_start_ms: 500 });
  talk.take({ type: "input_audio_buffer.speech_stopped", item_id: "item_1", audio_end_ms: 900 });
  added("item_1", null);
  talk.take({ type: "response.function_call_arguments.done", call_id: "call_1", item_id: "f", name: "f", arguments: "{}" });
  added("f", "item_1");
  added("o", "f", { type: "function_call_output", call_id: "call_1", output: "Rain." });
  added("item_2", "o");
  talk.take(said("item_1", "Hello."));
  talk.take(replied("item_2", "Hi."));
  added("item_1", "item_9");
  const log = JSON.parse(talk.log({}));
  assert.deepEqual(log.messages, [
    { id: "item_1", role: "user", content: "Hello.", previousItemId: null, audioStartMs: 500, audioEndMs: 900 },
    { id: "item_2", role: "assistant", content: "Hi.", previousItemId: "o" },
  ]);
  const call = { name: "f", arguments: "{}", callId: "call_1", itemId: "f", previousItemId: "item_1" };
  assert.deepEqual(log.toolCalls, [{ ...call, output: "Rain.", outputItemId: "o" }]);
});
