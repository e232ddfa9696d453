import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { AgentClient, AgentError, EventParser, readEvents, render } from "./agent.js";

const STREAM =
  'event: a\r\ndata: {"n":1}\r\n\r\n: still here\n\nid: 7\ndata:{"n":2}\ndata: "ü😀"\n\n\n\ndata\n\n' +
  "data: three\r\rdata: four\n\ndata: never ended";
const DATA = ['{"n":1}', '{"n":2}\n"ü😀"', "three", "four"];

function bodyOf(...chunks) {
  return new ReadableStream({
    pull(controller) {
      if (chunks.length) controller.enqueue(chunks.shift());
      else controller.close();
    },
  });
}

async function all(iterable) {
  const found = [];
  for await (const each of iterable) found.push(each);
  return found;
}

function sse(...events) {
  return events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
}

/** A fetch that gives these answers in turn and keeps the requests. */
function answering(...answers) {
  const asked = [];
  const fetch = async (url, request) => {
    asked.push({ url, ...request });
    return answers.shift();
  };
  return { fetch, asked };
}

function created(id = "agent_1", headers = {}) {
  return new Response(JSON.stringify({ session_id: id }), { status: 201, headers });
}

test("text cut at any one place gives the same events", () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const parser = new EventParser();
    assert.deepEqual([...parser.feed(STREAM.slice(0, cut)), ...parser.feed(STREAM.slice(cut))], DATA, `at ${cut}`);
  }
});

test("text that comes letter by letter gives the same events", () => {
  const parser = new EventParser();
  assert.deepEqual([...STREAM].flatMap((letter) => parser.feed(letter)), DATA);
});

test("bytes cut in the middle of a character give the same events", async () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(await all(readEvents(bodyOf(bytes.slice(0, cut), bytes.slice(cut)))), DATA, `at ${cut}`);
  }
  const single = Array.from(bytes, (_, place) => bytes.slice(place, place + 1));
  assert.deepEqual(await all(readEvents(bodyOf(...single))), DATA);
});

test("the first query opens a session, and later ones use it", async () => {
  const done = { type: "done", content: "", status: "completed" };
  const { fetch, asked } = answering(created(), new Response(sse(done)), new Response(sse(done)));
  const agent = new AgentClient({ baseUrl: "https://api.test/prod/", fetch });
  await all(agent.ask("one"));
  await all(agent.ask("two"));
  assert.deepEqual(
    asked.map(({ method, url }) => `${method} ${url}`),
    [
      "POST https://api.test/prod/agent/session",
      "POST https://api.test/prod/agent/query",
      "POST https://api.test/prod/agent/query",
    ],
  );
  assert.deepEqual(JSON.parse(asked[2].body), { query: "two", session_id: "agent_1" });
});

test("a guest is known again by the token of the first answer", async () => {
  const { fetch, asked } = answering(created("s", { "x-guest-token": "t" }), new Response("{}"));
  const agent = new AgentClient({ fetch, headers: { "x-api-key": "k" } });
  await agent.createSession();
  await agent.history({ limit: 2 });
  assert.equal(agent.guestToken, "t");
  assert.deepEqual(asked[1].headers, { "x-api-key": "k", "x-guest-token": "t" });
  assert.equal(asked[1].url, "/agent/history?session_id=s&limit=2");
});

test("clearing asks for it by name", async () => {
  const { fetch, asked } = answering(new Response("{}"));
  await new AgentClient({ fetch, sessionId: "s" }).clear();
  assert.equal(`${asked[0].method} ${asked[0].url}`, "DELETE /agent/history?session_id=s");
});

test("events come while the server still writes, and done ends the answer", async () => {
  let goOn;
  const body = new ReadableStream({
    async start(controller) {
      const say = (event) => controller.enqueue(new TextEncoder().encode(sse(event)));
      say({ type: "token", content: "Hel" });
      await new Promise((resolve) => (goOn = resolve));
      say({ type: "token", content: "lo" });
      say({ type: "done", content: "" });
    },
  });
  const { fetch } = answering(new Response(body));
  const events = new AgentClient({ fetch, sessionId: "s" }).ask("hi");
  assert.equal((await events.next()).value.content, "Hel");
  goOn();
  assert.deepEqual((await all(events)).map(({ type }) => type), ["token", "done"]);
});

test("leaving the loop cancels the answer", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(sse({ type: "token", content: "a" }))),
    cancel: () => void (cancelled = true),
  });
  const { fetch } = answering(new Response(body));
  for await (const _ of new AgentClient({ fetch, sessionId: "s" }).ask("hi")) break;
  assert.ok(cancelled);
});

test("aborting the signal stops a real request", async () => {
  let closed;
  const left = new Promise((resolve) => (closed = resolve));
  const server = createServer((request, answer) => {
    answer.writeHead(200, { "content-type": "text/event-stream" });
    answer.write(sse({ type: "token", content: "a" }));
    answer.on("close", closed);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = new AbortController();
  const agent = new AgentClient({ baseUrl: `http://127.0.0.1:${server.address().port}`, sessionId: "s" });
  await assert.rejects(async () => {
    for await (const _ of agent.ask("hi", { signal: stop.signal })) stop.abort();
  }, { name: "AbortError" });
  await left;
  server.close();
});

test("a stream that ends before done is an error", async () => {
  const { fetch } = answering(new Response(sse({ type: "token", content: "a" })));
  await assert.rejects(all(new AgentClient({ fetch, sessionId: "s" }).ask("hi")), { code: "stream_cut" });
});

test("a refusal is an error with the API's code and its patience", async () => {
  const told = { error: { code: "quota_exceeded", message: "Too many.", request_id: "r", retry_after: 7 } };
  const { fetch } = answering(new Response(JSON.stringify(told), { status: 429 }));
  await assert.rejects(all(new AgentClient({ fetch, sessionId: "s" }).ask("hi")), (error) => {
    assert.ok(error instanceof AgentError);
    assert.deepEqual(
      [error.code, error.status, error.message, error.requestId, error.retryAfter],
      ["quota_exceeded", 429, "Too many.", "r", 7],
    );
    return true;
  });
});

test("an answer that is no JSON at all is an error too", async () => {
  const { fetch } = answering(new Response("<html>", { status: 502 }));
  await assert.rejects(new AgentClient({ fetch }).createSession(), { status: 502, code: "internal_error" });
});

test("rendering appends words as text and marks what is no answer", async () => {
  const made = [];
  const element = {
    dataset: {},
    ownerDocument: { createElement: (name) => ({ name }) },
    append: (part) => made.push(part),
  };
  async function* events() {
    yield { type: "start", content: "" };
    yield { type: "token", content: "<b>Hel" };
    assert.equal(element.dataset.status, "answering");
    yield { type: "token", content: "lo" };
    yield { type: "error", content: "It broke." };
    yield { type: "done", content: "", status: "failed" };
  }
  const last = await render(events(), element);
  assert.equal(last.type, "done");
  assert.equal(element.dataset.status, "failed");
  assert.deepEqual(made, ["<b>Hel", "lo", { name: "p", className: "agent-error", textContent: "It broke." }]);
});
