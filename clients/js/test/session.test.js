import assert from "node:assert/strict";
import { test } from "node:test";

import { connected, replied, said, settle, world } from "./fakes.js";

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

test("a secret that has nearly run out is renewed before it is used", async () => {
  const { clock, switchboard, server } = world();
  const session = await switchboard.create();
  await clock.pass(590);
  await session.connect();
  assert.equal(server.asked("/session/renew").length, 1);
  assert.equal(server.asked("/realtime/calls")[0].headers.authorization, "Bearer ek_2");
});

test("a secret that is still good is used as it is", async () => {
  const { clock, switchboard, server } = world();
  const session = await switchboard.create();
  await clock.pass(500);
  await session.connect();
  assert.equal(server.asked("/session/renew").length, 0);
});

test("before the hour ends a new call takes over, and the old one is closed", async () => {
  const { clock, server, net, session, told } = await connected();
  await clock.pass(3299);
  assert.equal(net.made.length, 1);
  await clock.pass(2);
  assert.equal(server.asked("/session/renew").length, 1);
  assert.equal(session.callId, "rtc_2");
  assert.deepEqual([net.made[0].closed, net.made[1].closed], [true, false]);
  assert.deepEqual(net.made[1].tracks, ["microphone"]);
  assert.equal(session.state, "connected");
  assert.deepEqual(told.map(([name]) => name), ["state", "state", "renewed"]);
  await clock.pass(3301);
  assert.equal(session.callId, "rtc_3");
});

test("in direct mode too the old call is closed, once the new one is open", async () => {
  const { net, session } = await connected({ callsUrl: "https://upstream.test/v1/realtime/calls" }, { mode: "direct" });
  await session.renew();
  assert.deepEqual(net.made.map(({ closed }) => closed), [true, false]);
});

test("what the server has restored is not told again", async () => {
  const { net, session } = await connected();
  net.made[0].hear(said("item_1", "Hello."));
  assert.equal(await session.renew(), "full");
  assert.deepEqual(net.made[1].channel.sent, []);
});

test("what the server could not restore is told to the new call by the page", async () => {
  const { net, server, session } = await connected();
  net.made[0].hear(said("item_1", "I am Ada."));
  net.made[0].hear(replied("item_2", "Hello Ada."));
  server.restored = "none";
  await session.renew();
  assert.deepEqual(
    net.made[1].channel.sent.map(({ type, item }) => [type, item.role, item.content[0]]),
    [
      ["conversation.item.create", "user", { type: "input_text", text: "I am Ada." }],
      ["conversation.item.create", "assistant", { type: "output_text", text: "Hello Ada." }],
    ],
  );
});

test("a lost call is replaced by one that knows of the talk", async () => {
  const { clock, net, server, session, told } = await connected();
  net.made[0].become("failed");
  assert.equal(session.state, "reconnecting");
  await clock.pass(1);
  assert.equal(session.state, "connected");
  assert.equal(session.callId, "rtc_2");
  assert.equal(server.asked("/session/renew").length, 1);
  assert.deepEqual(told.filter(([name]) => name === "error"), []);
});

test("a network that comes back by itself keeps its call", async () => {
  const { clock, net, session } = await connected();
  net.made[0].become("disconnected");
  await clock.pass(2);
  net.made[0].become("connected");
  await clock.pass(10);
  assert.equal(session.callId, "rtc_1");
  assert.equal(net.made.length, 1);
});

test("a network that stays away does not", async () => {
  const { clock, net, session } = await connected();
  net.made[0].become("disconnected");
  await clock.pass(5);
  assert.equal(session.callId, "rtc_2");
});

test("a closed data channel is a lost call", async () => {
  const { clock, net, session } = await connected();
  net.made[0].channel.dispatchEvent(new Event("close"));
  await clock.pass(1);
  assert.equal(session.callId, "rtc_2");
});

test("without a network the pauses between tries grow, and the session comes back with it", async () => {
  const { clock, net, server, session } = await connected();
  server.refuse = Array.from({ length: 12 }, () => ({ path: "/session/renew", network: true }));
  net.made[0].become("failed");
  await clock.pass(60);
  assert.equal(session.state, "connected");
  const tries = server.asked("/session/renew").length;
  assert.ok(tries > 12 && tries < 20, `${tries} tries`);
});

test("a session that cannot be brought back fails, and says why", async () => {
  const { clock, net, session, told } = await connected();
  net.state.opens = false;
  net.made[0].become("failed");
  await clock.pass(3600);
  assert.equal(session.state, "failed");
  const [, error] = told.find(([name]) => name === "error");
  assert.equal(error.code, "call_failed");
  assert.ok(net.made.every((connection) => connection.closed));
});

test("a session that has ended on the server is not brought back", async () => {
  const { clock, net, server, session } = await connected();
  server.refuse = [{ path: "/session/renew", status: 409, code: "session_ended" }];
  net.made[0].become("failed");
  await clock.pass(60);
  assert.equal(session.state, "ended");
  assert.equal(server.asked("/session/renew").length, 1);
});

test("a renewal whose new call fails after the old was given up is mended", async () => {
  const { clock, net, session } = await connected();
  net.state.opens = false;
  const renewing = assert.rejects(session.renew(), { code: "call_failed" });
  await clock.pass(21);
  await renewing;
  net.state.opens = true;
  await clock.pass(30);
  assert.equal(session.state, "connected");
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
  assert.throws(() => session.send({ type: "x" }), { code: "closed" });
});

test("a page that closes leaves its log as a beacon that needs no preflight", async () => {
  const { net, page, beacons } = await connected();
  net.made[0].hear(said("item_1", "Hello."));
  page.dispatchEvent(new Event("pagehide"));
  const [{ url, body }] = beacons;
  assert.equal(url, "https://api.test/realtime/logs");
  assert.equal(body.type, "text/plain");
  const log = JSON.parse(await body.text());
  assert.deepEqual(log.messages, [{ id: "item_1", role: "user", content: "Hello." }]);
  assert.deepEqual(log.metadata.sessionId, "sess_1");
  assert.deepEqual(log.metadata.counts, { messages: 1, toolCalls: 0 });
});

test("a page that heard nothing, has ended, or asked for none leaves no log", async () => {
  const quiet = await connected();
  quiet.page.dispatchEvent(new Event("pagehide"));
  const over = await connected();
  over.net.made[0].hear(said("item_1", "Hello."));
  await over.session.end();
  over.page.dispatchEvent(new Event("pagehide"));
  const silent = await connected({ log: false });
  silent.net.made[0].hear(said("item_1", "Hello."));
  silent.page.dispatchEvent(new Event("pagehide"));
  assert.deepEqual([quiet, over, silent].map(({ beacons }) => beacons.length), [0, 0, 0]);
});

test("where beacons are refused the log goes by a request that outlives the page", async () => {
  const { net, page, server } = await connected({ sendBeacon: () => false });
  net.made[0].hear(said("item_1", "Hello."));
  page.dispatchEvent(new Event("pagehide"));
  await settle();
  assert.equal(server.asked("/realtime/logs").length, 1);
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
