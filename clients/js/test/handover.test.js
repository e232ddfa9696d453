import assert from "node:assert/strict";
import { test } from "node:test";

import { begins, connected, settle, world } from "./fakes.js";

test("a new call that is lost while it is given the microphone is replaced by another", async () => {
  const { clock, net, session } = await connected();
  const give = takesItsTime(net);
  const renewing = assert.rejects(session.renew(), { code: "call_failed", mayHeal: true });
  await settle();
  assert.deepEqual([session.callId, session.state], ["rtc_2", "connected"]);
  net.made[1].become("failed");
  give();
  await renewing;
  assert.equal(session.state, "reconnecting");
  await clock.pass(10);
  assert.deepEqual([session.callId, session.state], ["rtc_3", "connected"]);
  assert.deepEqual(net.made.map(({ closed }) => closed), [true, true, false]);
});

test("a new call that does not take the microphone is no call, and the old one is left all the same", async () => {
  const { clock, net, session } = await connected();
  const cause = new Error("the browser's own");
  senders(net, () => Promise.reject(cause));
  await assert.rejects(session.renew(), { name: "SwitchboardError", code: "call_failed", cause });
  await clock.pass(10);
  assert.deepEqual([session.callId, session.state], ["rtc_3", "connected"]);
  assert.deepEqual(net.made.map(({ closed }) => closed), [true, true, false]);
});

test("a session that is closed as the new call takes the floor leaves no old one behind", async () => {
  const { clock, net, session } = await connected();
  session.on("call", () => session.close());
  net.made[0].hear(begins);
  const renewing = session.renew();
  await clock.pass(9);
  await renewing;
  assert.deepEqual(net.made.map(({ closed }) => closed), [true, true]);
  assert.equal(clock.waiting, 0);
});

for (const leave of ["end", "close"]) {
  test(`a session whose page says ${leave} while the microphone changes over hangs up both calls`, async () => {
    const { clock, net, session } = await connected();
    senders(net, () => new Promise(() => {})); // as browsers do when the connection is closed meanwhile
    const renewing = session.renew();
    await settle();
    await session[leave]();
    await renewing;
    assert.deepEqual(net.made.map(({ closed }) => closed), [true, true]);
    await clock.pass(0);
    assert.equal(clock.waiting, 0);
  });
}

test("a session that ends while the old call's microphone is taken away waits for nothing", async () => {
  const { net, switchboard } = world();
  net.RTCPeerConnection.prototype.addTrack = () => ({ replaceTrack: () => new Promise(() => {}) });
  senders(net, async () => {});
  const session = await switchboard.create();
  await session.connect(["microphone"]);
  const renewing = session.renew();
  await settle();
  await session.end();
  await renewing;
  assert.deepEqual(net.made.map(({ closed }) => closed), [true, true]);
});

/** Have the connections that are made from now on replace their tracks so. */
function senders(net, replaceTrack) {
  net.RTCPeerConnection.prototype.addTransceiver = () => ({ sender: { replaceTrack } });
}

/** Connections that are made from now on wait for what this returns before they send another track. */
function takesItsTime(net) {
  let give;
  const given = new Promise((resolve) => (give = resolve));
  senders(net, () => given);
  return give;
}
