import assert from "node:assert/strict";
import { test } from "node:test";

import { connected, said, settle, world } from "./fakes.js";

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

test("a page that wakes with a network tries at once", async () => {
  const { clock, net, page, server, session } = await connected();
  server.refuse = Array.from({ length: 12 }, () => ({ path: "/session/renew", network: true }));
  net.made[0].become("failed");
  await clock.pass(20);
  assert.equal(session.state, "reconnecting");
  server.refuse = [];
  page.dispatchEvent(new Event("online"));
  await clock.pass(0);
  assert.equal(session.state, "connected");
});

test("no try is wasted while there is no network", async () => {
  const { clock, net, page, server, session, state } = await connected();
  state.online = false;
  net.made[0].become("failed");
  await clock.pass(3600);
  assert.equal(session.state, "reconnecting");
  assert.equal(server.asked("/session/renew").length, 0);
  state.online = true;
  page.dispatchEvent(new Event("online"));
  await clock.pass(0);
  assert.equal(session.state, "connected");
});

test("what was heard just before the loss is told to the next call, if the server missed it", async () => {
  const { clock, net, server } = await connected();
  net.made[0].hear(said("item_1", "An old word."));
  await clock.pass(60);
  net.made[0].hear(said("item_2", "A late word."));
  server.instructions = "Be brief. Before: a summary of what is long ago.";
  net.made[0].become("failed");
  await clock.pass(1);
  assert.deepEqual(net.made[1].channel.sent.map(({ item }) => item.id), ["item_2"]);
});

test("a session that failed may be connected again", async () => {
  const { clock, net, server, session } = await connected();
  net.state.opens = false;
  net.made[0].become("failed");
  await clock.pass(3600);
  assert.equal(session.state, "failed");
  net.state.opens = true;
  await session.connect(["microphone"]);
  assert.equal(session.state, "connected");
  server.refuse = [{ path: "/realtime/calls", network: true }];
  net.made.at(-1).become("failed");
  await clock.pass(10);
  assert.equal(session.state, "connected"); // with as many tries as ever
});

test("a session that ended elsewhere leaves its log", async () => {
  const { clock, net, server } = await connected();
  net.made[0].hear(said("item_1", "Hello."));
  server.refuse = [{ path: "/session/renew", status: 409, code: "session_ended" }];
  net.made[0].become("failed");
  await clock.pass(1);
  await settle();
  assert.equal(server.asked("/realtime/logs").length, 1);
});

for (const path of ["/session/renew", "/realtime/calls"]) {
  test(`a page that learns from ${path} that its session has ended elsewhere hangs up and leaves its log`, async () => {
    const { net, page, server, session, told } = await connected();
    net.made[0].hear(said("item_1", "Hello."));
    server.refuse = [{ path, status: 409, code: "session_ended" }];
    await assert.rejects(session.connect(["headset"]), { code: "session_ended" });
    await settle();
    assert.equal(session.state, "ended");
    assert.ok(net.made.every(({ closed }) => closed));
    assert.deepEqual([server.asked("/realtime/logs").length, page.listeners], [1, 0]);
    assert.deepEqual(told.filter(([name]) => name === "error"), []);
    await session.end();
    assert.equal(server.asked("/session/sess_1/end").length, 0);
  });
}

test("a session that has ended before its first call says so", async () => {
  const { clock, server, switchboard } = world();
  const session = await switchboard.create();
  clock.seconds += 700;
  server.refuse = [{ path: "/session/renew", status: 409, code: "session_ended" }];
  await assert.rejects(session.connect(), { code: "session_ended" });
  assert.equal(session.state, "ended");
});
