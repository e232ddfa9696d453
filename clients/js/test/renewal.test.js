import assert from "node:assert/strict";
import { test } from "node:test";

import { answered, answers, begins, connected, replied, said, settle, world } from "./fakes.js";

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

test("what the new call's instructions carry is not told again", async () => {
  const { net, server, session } = await connected();
  net.made[0].hear(said("item_1", "  Hello\nthere. "));
  server.instructions = "Be brief.\nuser: Hello there.";
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
    net.made[1].channel.sent.map(({ type, item }) => [type, item.id, item.role, item.content[0]]),
    [
      ["conversation.item.create", "item_1", "user", { type: "input_text", text: "I am Ada." }],
      ["conversation.item.create", "item_2", "assistant", { type: "output_text", text: "Hello Ada." }],
    ],
  );
});

test("where the server could restore nothing the page tells what is long ago, too", async () => {
  const { clock, net, server, session } = await connected();
  net.made[0].hear(said("item_1", "I am Ada."));
  await clock.pass(600);
  server.restored = "none";
  await session.renew();
  assert.deepEqual(net.made[1].channel.sent.map(({ item }) => item.id), ["item_1"]);
});

test("a renewal before the hour's end waits as long as the server asks for", async () => {
  const { clock, server } = await connected();
  server.refuse = [{ path: "/session/renew", status: 503, code: "throttled", retryAfter: 100 }];
  await clock.pass(3390);
  assert.equal(server.asked("/session/renew").length, 1);
  await clock.pass(40);
  assert.equal(server.asked("/session/renew").length, 2);
});

test("an old call that cannot be hushed any more keeps the new one from nothing", async () => {
  const { clock, net, session } = await connected();
  net.made[0].hear(begins);
  net.made[0].channel.send = () => {
    throw new Error("the channel is closing");
  };
  const renewing = session.renew();
  await clock.pass(9);
  await renewing;
  assert.deepEqual([session.callId, session.state], ["rtc_2", "connected"]);
});

test("a page that waits to be used keeps a good secret, but not for ever", async () => {
  const { clock, server, switchboard } = world();
  const session = await switchboard.create();
  await clock.pass(1800);
  assert.equal(server.asked("/session/renew").length, 3);
  await clock.pass(3600);
  assert.equal(server.asked("/session/renew").length, 3);
  await session.connect();
  assert.equal(server.asked("/session/renew").length, 4);
});

test("a page that nobody looks at renews nothing until it is looked at", async () => {
  const { clock, page, server, state, switchboard } = world();
  await switchboard.create();
  state.visible = false;
  await clock.pass(900);
  assert.equal(server.asked("/session/renew").length, 0);
  state.visible = true;
  page.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.equal(server.asked("/session/renew").length, 1);
});

test("a machine that slept renews when it wakes, whatever its timers say", async () => {
  const { clock, net, page, session } = await connected();
  clock.seconds += 3400; // no timer has run
  page.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.equal(session.callId, "rtc_2");
  assert.equal(net.made[0].closed, true);
});

test("a machine that slept over the end of its call's hour places a new one", async () => {
  const { clock, net, page, session, told } = await connected();
  clock.seconds += 9000;
  page.dispatchEvent(new Event("pageshow"));
  assert.equal(session.state, "reconnecting");
  await clock.pass(1);
  assert.equal(session.callId, "rtc_2");
  assert.equal(net.made[0].closed, true);
  assert.deepEqual(told.filter(([name]) => name === "error"), []);
});

test("the old call lives until the new one is open", async () => {
  const { clock, net, session } = await connected();
  net.state.opens = false;
  const renewing = session.renew();
  await settle();
  assert.deepEqual(net.made.map(({ closed }) => closed), [false, false]);
  assert.equal(session.callId, "rtc_1");
  net.made[1].open();
  await renewing;
  await clock.pass(0);
  assert.deepEqual(net.made.map(({ closed }) => closed), [true, false]);
});

test("a new call hears nothing until the sentence under way has ended on the old one", async () => {
  const { clock, net, session } = await connected();
  const heard = [];
  for (const name of ["audio", "call"]) session.on(name, (what) => heard.push(what));
  net.made[0].hear(begins);
  const renewing = session.renew();
  await settle();
  net.made[1].sound("the new voice");
  assert.deepEqual(net.made.map(({ tracks }) => tracks), [["microphone"], [null]]);
  assert.deepEqual(heard, []);
  net.made[0].hear({ type: "input_audio_buffer.committed", item_id: "item_1" }, said("item_1", "So be it."));
  await settle();
  assert.equal(session.callId, "rtc_1"); // the answer is still to come
  net.made[0].hear(answers, answered);
  await renewing;
  await clock.pass(0);
  assert.deepEqual(net.made.map(({ tracks }) => tracks), [[null], ["microphone"]]);
  assert.deepEqual(heard, ["rtc_2", "the new voice"]);
  assert.deepEqual(net.made[1].channel.sent.map(({ item }) => item.content[0].text), ["So be it."]);
});

test("a speech without an end is cut where it is, and both calls have their part", async () => {
  const { clock, net, session } = await connected();
  net.made[0].hear(begins);
  const renewing = session.renew();
  await clock.pass(9);
  await renewing;
  assert.deepEqual(net.made[0].channel.sent, [{ type: "input_audio_buffer.commit" }]);
  assert.deepEqual(net.made.map(({ closed }) => closed), [false, false]);
  net.made[0].hear({ type: "input_audio_buffer.committed", item_id: "item_1" }, said("item_1", "And another"));
  await clock.pass(6);
  assert.equal(net.made[0].closed, true);
  assert.deepEqual(net.made[1].channel.sent.map(({ item }) => item.content[0].text), ["And another"]);
});

test("an old call that owes words for ever is left all the same", async () => {
  const { clock, net, session } = await connected();
  net.made[0].hear(answers);
  const renewing = session.renew();
  await clock.pass(9);
  await renewing;
  await clock.pass(6);
  assert.equal(net.made[0].closed, true);
});

test("a renewal that nobody has asked for waits for a pause in the talk", async () => {
  const { clock, net, server } = await connected();
  net.made[0].hear(answers);
  await clock.pass(3310);
  assert.equal(server.asked("/session/renew").length, 0);
  net.made[0].hear(answered);
  await clock.pass(0);
  assert.equal(server.asked("/session/renew").length, 1);
});

test("a renewal before the hour's end that fails is tried again", async () => {
  const { clock, server, session, told } = await connected();
  server.refuse = Array.from({ length: 3 }, () => ({ path: "/session/renew", network: true }));
  await clock.pass(3305);
  assert.equal(session.callId, "rtc_1");
  await clock.pass(40);
  assert.equal(session.callId, "rtc_2");
  assert.deepEqual(told.filter(([name]) => name === "error"), []);
});

test("a renewal whose new call does not open leaves the old one as it was", async () => {
  const { clock, net, session } = await connected();
  net.state.opens = false;
  const renewing = assert.rejects(session.renew(), { code: "call_failed" });
  await clock.pass(21);
  await renewing;
  assert.equal(session.callId, "rtc_1");
  assert.equal(session.state, "connected");
  assert.deepEqual(net.made.map(({ closed }) => closed), [false, true]);
});

test("an old call that is lost while the new one opens is no loss", async () => {
  const { clock, net, session, told } = await connected();
  net.made[0].hear(begins);
  const renewing = session.renew();
  await settle();
  net.made[0].become("failed");
  await renewing;
  await clock.pass(60);
  assert.equal(session.callId, "rtc_2");
  assert.equal(net.made.length, 2);
  assert.deepEqual(told.at(-1), ["state", "connected"]);
});

test("a session that ends while the new call opens leaves neither", async () => {
  const { clock, net, session } = await connected();
  net.made[0].hear(begins);
  const renewing = session.renew();
  await settle();
  await session.end();
  await clock.pass(10);
  await renewing;
  assert.deepEqual(net.made.map(({ closed }) => closed), [true, true]);
  assert.equal(session.state, "ended");
});
