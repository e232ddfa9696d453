import assert from "node:assert/strict";
import { test } from "node:test";

import { connected, said, world } from "./fakes.js";

test("a session is relayed unless it says otherwise", async () => {
  const { switchboard, server } = world();
  const session = await switchboard.create({ instructions: "Be brief." });
  assert.deepEqual(server.requests[0].body, { mode: "relay", instructions: "Be brief." });
  assert.equal(session.id, "sess_1");
});

test("a relayed call goes to the backend with the ticket, and its answer to the connection unchanged", async () => {
  const { server, net, session } = await connected();
  const [offer] = server.asked("/realtime/calls");
  assert.equal(offer.url, "https://api.test/realtime/calls");
  assert.equal(offer.headers.authorization, "Bearer ek_1");
  assert.equal(offer.headers["content-type"], "application/sdp");
  assert.equal(offer.body, "v=0\r\noffer 1\r\n");
  assert.equal(net.made[0].remoteDescription.sdp, "v=0\r\nanswer\r\n");
  assert.equal(session.callId, "rtc_1");
  assert.equal(session.state, "connected");
  assert.equal(server.asked("/session/call").length, 0);
});

test("a direct call goes to the upstream, and its id to the backend", async () => {
  const { server } = await connected({ callsUrl: "https://upstream.test/v1/realtime/calls" }, { mode: "direct" });
  assert.equal(server.asked("/v1/realtime/calls")[0].headers.authorization, "Bearer ek_1");
  assert.deepEqual(server.asked("/session/call")[0].body, { sessionId: "sess_1", callId: "rtc_1" });
});

test("the microphone's tracks are sent; without one the call only listens", async () => {
  const { net } = await connected();
  assert.deepEqual(net.made[0].tracks, ["microphone"]);
  const { switchboard, net: other } = world();
  await (await switchboard.create()).connect();
  assert.deepEqual(other.made[0].tracks, ["audio recvonly"]);
});

test("a stream's audio tracks are taken", async () => {
  const { switchboard, net } = world();
  await (await switchboard.create()).connect({ getAudioTracks: () => ["of the stream"] });
  assert.deepEqual(net.made[0].tracks, ["of the stream"]);
});

test("a call that the upstream refuses leaves no connection behind, and may be tried again", async () => {
  const { switchboard, server, net } = world();
  const session = await switchboard.create();
  server.refuse = [{ path: "/realtime/calls", status: 502, code: "upstream_refused" }];
  await assert.rejects(session.connect(), { code: "upstream_refused", status: 502, requestId: "req_1" });
  assert.equal(net.made[0].closed, true);
  assert.equal(session.state, "new");
  await session.connect();
  assert.equal(server.asked("/session/renew").length, 1);
});

test("an offer is never repeated, whatever becomes of it", async () => {
  const { switchboard, server } = world();
  const session = await switchboard.create();
  server.refuse = [{ path: "/realtime/calls", network: true }];
  await assert.rejects(session.connect(), { code: "network_error" });
  assert.equal(server.asked("/realtime/calls").length, 1);
});

test("events of the call are told, and what completes a message as a message", async () => {
  const { net, session, told } = await connected();
  const events = [];
  session.on("event", (event) => events.push(event.type));
  net.made[0].hear({ type: "session.created" });
  net.made[0].hear(said("item_1", "Hello."));
  net.made[0].channel.dispatchEvent(Object.assign(new Event("message"), { data: "not json" }));
  assert.deepEqual(events, ["session.created", said().type]);
  assert.deepEqual(told.at(-1), ["message", { id: "item_1", role: "user", content: "Hello." }]);
});

test("the model's voice is handed out", async () => {
  const { net, session } = await connected();
  const heard = [];
  session.on("audio", (stream) => heard.push(stream));
  net.made[0].dispatchEvent(Object.assign(new Event("track"), { streams: ["the voice"] }));
  assert.deepEqual(heard, ["the voice"]);
});

test("events are sent on the call that is live", async () => {
  const { net, session } = await connected();
  session.send({ type: "response.create" });
  await session.renew();
  session.send({ type: "response.cancel" });
  assert.deepEqual(net.made.map(({ channel }) => channel.sent.map(({ type }) => type)), [["response.create"], ["response.cancel"]]);
});

test("ending ends it on both sides, once", async () => {
  const { clock, net, server, session } = await connected();
  await session.end();
  await session.end();
  await clock.pass(7200);
  assert.equal(server.asked("/session/sess_1/end").length, 1);
  assert.equal(net.made[0].closed, true);
  assert.equal(net.made.length, 1);
  await assert.rejects(session.connect(), { code: "session_ended" });
  assert.throws(() => session.send({ type: "x" }), { code: "session_ended" });
});

test("a listener that throws does not keep the session from working", async () => {
  const { net, session } = await connected();
  const thrown = [];
  globalThis.reportError = (error) => thrown.push(error.message);
  session.on("event", () => {
    throw new Error("the page's own");
  });
  net.made[0].hear(said("item_1", "Hello."));
  delete globalThis.reportError;
  assert.deepEqual(thrown, ["the page's own"]);
  assert.equal(session.state, "connected");
});

test("a browser without WebRTC is told so", async () => {
  const { switchboard } = world({ RTCPeerConnection: undefined });
  await assert.rejects((await switchboard.create()).connect(), { code: "call_failed" });
});

test("what finds no call may find one later; what finds its session closed here never will", async () => {
  const { switchboard } = world();
  const session = await switchboard.create();
  assert.throws(() => session.send({ type: "x" }), { code: "call_failed", mayHeal: true });
  await session.connect();
  session.close();
  assert.throws(() => session.send({ type: "x" }), { code: "closed", mayHeal: false });
  await assert.rejects(session.connect(), { code: "closed", mayHeal: false });
});

test("an event that the channel does not take is an error of ours", async () => {
  const { net, session } = await connected();
  net.made[0].channel.send = () => {
    throw new Error("the queue is full");
  };
  assert.throws(() => session.send({ type: "x" }), { code: "call_failed" });
});
