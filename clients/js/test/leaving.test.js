import assert from "node:assert/strict";
import { test } from "node:test";

import { begins, connected, said, settle, world } from "./fakes.js";

const END = "/session/sess_1/end";
const LOGS = "/realtime/logs";

test("two ends at once are one", async () => {
  const { net, server, session } = await connected();
  net.made[0].hear(said("item_1", "Hello."));
  await Promise.all([session.end(), session.end()]);
  assert.deepEqual([server.asked(END).length, server.asked(LOGS).length], [1, 1]);
});

test("an end that the server could not be told of is told when it is asked for again", async () => {
  const { clock, net, page, server, session } = await connected();
  net.made[0].hear(said("item_1", "Hello."));
  server.refuse = Array.from({ length: 3 }, () => ({ path: END, network: true }));
  const ending = assert.rejects(session.end(), { code: "network_error" });
  await clock.pass(10);
  await ending;
  assert.deepEqual([session.state, net.made[0].closed], ["ended", true]);
  page.dispatchEvent(new Event("pagehide")); // the log is not lost either
  assert.equal(server.asked(LOGS).length, 1);
  await session.end();
  assert.equal(server.asked(END).length, 4);
});

test("a session that ends while its first call opens leaves none, and says so", async () => {
  const { net, server, session } = await opening();
  const connecting = assert.rejects(session.connect(["microphone"]), { code: "session_ended" });
  await settle();
  await session.end();
  await connecting;
  assert.equal(net.made[0].closed, true);
  assert.equal(server.asked(END).length, 1);
});

test("a call that was left before its offer is not placed", async () => {
  const { server, session } = await opening();
  const connecting = assert.rejects(session.connect(["microphone"]), { code: "session_ended" });
  const ended = session.end();
  await connecting;
  await ended;
  assert.equal(server.asked("/realtime/calls").length, 0);
});

test("a call that is left while it is offered is not placed either", async () => {
  const { net, server, session } = await opening();
  net.state.offered = () => void session.end();
  await assert.rejects(session.connect(["microphone"]), { code: "session_ended" });
  assert.deepEqual([net.made[0].closed, server.asked("/realtime/calls").length], [true, 0]);
});

test("connecting twice is connecting once", async () => {
  const { net, session } = await opening();
  const both = Promise.all([session.connect(["microphone"]), session.connect(["microphone"])]);
  await settle();
  net.made[0].open();
  await both;
  assert.equal(net.made.length, 1);
});

test("a renewal while a call connects waits for it", async () => {
  const { net, session } = await opening();
  const both = Promise.all([session.connect(["microphone"]), session.renew()]);
  await settle();
  assert.equal(net.made.length, 1);
  net.state.opens = true;
  net.made[0].open();
  await both;
  assert.deepEqual([session.callId, session.state], ["rtc_2", "connected"]);
});

test("another microphone that finds no call leaves the old call as it was", async () => {
  const { net, server, session } = await connected();
  server.refuse = [{ path: "/session/renew", status: 409, code: "session_worn_out" }];
  await assert.rejects(session.connect(["headset"]), { code: "session_worn_out" });
  assert.deepEqual([session.state, session.callId, net.made.length], ["connected", "rtc_1", 1]);
  await session.connect(["headset"]);
  assert.deepEqual(net.made[1].tracks, ["headset"]);
});

test("whoever asks for a call while one is tried does not wait for the pause", async () => {
  const { clock, net, server, session } = await connected();
  server.refuse = Array.from({ length: 12 }, () => ({ path: "/session/renew", network: true }));
  net.made[0].become("failed");
  await clock.pass(30);
  server.refuse = [];
  const connecting = session.connect(["microphone"]);
  await clock.pass(0);
  await connecting;
  assert.equal(session.state, "connected");
});

test("a session that is closed hangs up, leaves its log, and lets go of page and clock", async () => {
  const { clock, net, page, server, session } = await connected();
  net.made[0].hear(said("item_1", "Hello."), begins);
  void session.renew();
  await settle();
  session.close();
  session.close();
  await settle();
  assert.deepEqual(net.made.map(({ closed }) => closed), [true, true]);
  assert.deepEqual([page.listeners, clock.waiting], [0, 0]);
  assert.equal(server.asked(LOGS).length, 1);
  assert.equal(server.asked(END).length, 0);
  await assert.rejects(session.connect(), { code: "closed" });
});

test("a session that ends after it was closed is told of, and leaves no second log", async () => {
  const { net, server, session } = await connected();
  net.made[0].hear(said("item_1", "Hello."));
  session.close();
  await session.end();
  assert.deepEqual([server.asked(END).length, server.asked(LOGS).length], [1, 1]);
});

test("a session that has ended lets go of page and clock", async () => {
  const { clock, net, page, session } = await connected();
  net.made[0].hear(said("item_1", "Hello."));
  await session.end();
  assert.deepEqual([page.listeners, clock.waiting], [0, 0]);
});

test("a session is resumed in a new call that knows of the talk", async () => {
  const { net, server, switchboard } = world({ guestToken: "gst_1" });
  const session = await switchboard.resume("sess_1");
  assert.deepEqual(server.requests.map(({ method, path }) => `${method} ${path}`), ["GET /session/sess_1", "POST /session/renew"]);
  assert.deepEqual([session.id, session.mode, session.state], ["sess_1", "relay", "new"]);
  await session.connect(["microphone"]);
  assert.equal(server.asked("/realtime/calls")[0].headers.authorization, "Bearer ek_2");
  assert.equal(net.made.length, 1);
});

test("no session is resumed that has ended", async () => {
  const { server, switchboard } = world();
  server.refuse = [{ path: "/session/renew", status: 409, code: "session_ended" }];
  await assert.rejects(switchboard.resume("sess_1"), { code: "session_ended" });
});

/** A session whose calls do not open by themselves. */
async function opening() {
  const it = world();
  it.net.state.opens = false;
  return { ...it, session: await it.switchboard.create() };
}
