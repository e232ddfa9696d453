import assert from "node:assert/strict";
import { test } from "node:test";

import { Parser } from "../src/stream.js";
import { settle, world } from "./fakes.js";

const PATH = "/session/sess_1/transcript/stream";
const told = (id, itemId, more = {}) =>
  `id: ${id}\nevent: item\ndata: ${JSON.stringify({ itemId, generation: 1, ...more })}\n\n`;
const END = 'id: end\nevent: end\ndata: {"sessionId":"sess_1","status":"ended"}\n\n';

/** A session whose streams are written by the test: `streams` holds what was asked and how to go on. */
async function streaming(request) {
  const { server } = world();
  const streams = [];
  const refuse = [];
  const { clock, switchboard } = world({ fetch: serve });
  async function serve(url, { headers, signal, ...more } = {}) {
    if (new URL(url).pathname !== PATH) return server.fetch(url, { headers, ...more });
    if (refuse.length) {
      const [status, code] = refuse.shift();
      return Response.json({ error: { code, message: "Not now." } }, { status });
    }
    const stream = { headers };
    const body = new ReadableStream({ start: (controller) => (stream.controller = controller) });
    signal?.addEventListener("abort", () => stream.controller.error(signal.reason));
    stream.say = (text) => stream.controller.enqueue(new TextEncoder().encode(text));
    stream.close = () => stream.controller.close();
    streams.push(stream);
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
  const session = await switchboard.create();
  const heard = [];
  const all = (async () => {
    for await (const event of session.stream(request)) heard.push(event.type === "item" ? event.item.itemId : event.type);
  })();
  all.catch(() => {});
  await breathe();
  return { clock, refuse, streams, heard, all };
}

/** Let streams flow, which take turns of the real event loop. */
async function breathe() {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    await settle();
  }
}

test("a stream tells items as they settle, and its end", async () => {
  const { streams, heard, all } = await streaming();
  assert.equal(streams[0].headers.accept, "text/event-stream");
  assert.equal(streams[0].headers["x-guest-token"], "gst_1");
  streams[0].say(`retry: 1000\n\n: still here\n\n${told("1", "a")}`);
  await breathe();
  assert.deepEqual(heard, ["a"]);
  streams[0].say(told("2", "b") + END);
  await all;
  assert.deepEqual(heard, ["a", "b", "end"]);
});

test("a stream that closes is opened again where it ended", async () => {
  const { clock, streams, heard, all } = await streaming();
  streams[0].say(told("1.1", "a"));
  streams[0].close();
  await breathe();
  await clock.pass(1);
  await breathe();
  assert.equal(streams[1].headers["last-event-id"], "1.1");
  streams[1].say(told("1.2", "b") + END);
  await all;
  assert.deepEqual(heard, ["a", "b", "end"]);
});

test("a stream that breaks is opened again, with pauses that grow while it brings nothing", async () => {
  const { clock, streams, refuse } = await streaming();
  refuse.push(...Array.from({ length: 4 }, () => [503, "throttled"]));
  streams[0].controller.error(new Error("cut"));
  for (const pause of [1, 2, 4, 8]) {
    await breathe();
    await clock.pass(pause - 0.1);
    await breathe();
    assert.equal(streams.length, 1);
    await clock.pass(0.1);
  }
  await breathe();
  await clock.pass(15);
  await breathe();
  assert.equal(streams.length, 2);
});

test("a stream that falls silent is given up for another", async () => {
  const { clock, streams } = await streaming();
  await clock.pass(39);
  streams[0].say(": still here\n\n");
  await breathe();
  await clock.pass(39);
  assert.equal(streams.length, 1);
  await clock.pass(2);
  await breathe();
  await clock.pass(1);
  await breathe();
  assert.equal(streams.length, 2);
});

test("a stream goes on from where the caller says", async () => {
  const { streams } = await streaming({ lastEventId: "7.1" });
  assert.equal(streams[0].headers["last-event-id"], "7.1");
});

test("what cannot heal is told", async () => {
  const { clock, streams, refuse, all } = await streaming();
  refuse.push([404, "not_found"]);
  streams[0].close();
  await breathe();
  await clock.pass(1);
  await assert.rejects(all, { code: "not_found", status: 404 });
});

test("a stream stops when it is told to", async () => {
  const stop = new AbortController();
  const { streams, all } = await streaming({ signal: stop.signal });
  stop.abort();
  await all;
  assert.equal(streams.length, 1);
});

test("events are read from text that is cut anywhere", () => {
  const text = `id: 1\r\nevent: item\r\ndata: {"a":\r\ndata: "é"}\r\n\r\n: a comment\n\ndata: no json\n\nid:2\nevent:x\ndata:3\n\n`;
  const whole = [{ id: "1", event: "item", data: { a: "é" } }, { id: "2", event: "x", data: 3 }];
  for (let size = 1; size <= text.length; size += 1) {
    const parser = new Parser();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...parser.feed(text.slice(at, at + size)));
    assert.deepEqual(found, whole, `in pieces of ${size}`);
  }
});
