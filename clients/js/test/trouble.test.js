import assert from "node:assert/strict";
import { test } from "node:test";

import { connected, settle, world } from "./fakes.js";

const CALLS = "/realtime/calls";
const RENEW = "/session/renew";

test("a session that cannot be created for want of a network is an error of ours, and the next try works", async () => {
  const { switchboard, server } = world();
  server.refuse = [{ path: "/session", network: true }];
  await assert.rejects(switchboard.create(), { code: "network_error", mayHeal: true });
  assert.equal((await switchboard.create()).id, "sess_1");
});

test("an answer that is cut in its middle is a network that failed", async () => {
  const { clock, switchboard, server } = world();
  server.refuse = [{ path: "/session", cut: '{"sessionId": "se' }];
  await assert.rejects(switchboard.create(), { code: "network_error" });
  const session = await switchboard.create();
  server.refuse = [{ path: RENEW, cut: "{" }];
  const renewing = session.renew();
  await turns();
  await clock.pass(1);
  assert.equal(await renewing, "full");
  server.refuse = [{ path: CALLS, status: 201, cut: "v=0\r\n" }];
  await assert.rejects(session.connect(), { code: "network_error" });
  assert.equal(session.state, "new");
});

test("an answer that is no JSON is an error of ours", async () => {
  const { switchboard } = world({ fetch: async () => new Response("<html>sign in to this network</html>") });
  await assert.rejects(switchboard.create(), { code: "unexpected_answer", status: 200 });
});

test("what the server refused to begin is asked again, a session too", async () => {
  const { clock, switchboard, server } = world();
  server.refuse = [{ path: "/session", status: 503, code: "upstream_busy", retryAfter: 3 }];
  const creating = switchboard.create();
  await clock.pass(3);
  assert.equal((await creating).id, "sess_1");
  server.refuse = [{ path: "/session", status: 429, code: "quota_exceeded", retryAfter: 3 }];
  await assert.rejects(switchboard.create(), { code: "quota_exceeded" });
});

test("a refusal by whatever stands before the server is asked again", async () => {
  const { clock, switchboard, server } = world();
  server.refuse = [{ path: "/session", status: 429, bare: true }];
  const creating = switchboard.create();
  for (let turn = 0; turn < 5; turn += 1) await turns();
  await clock.pass(1);
  assert.equal((await creating).id, "sess_1");
});

test("an extraction that failed may be asked for again", async () => {
  const { clock, server, session } = await connected();
  server.refuse = [{ path: "/extract-profile", status: 502, code: "extraction_failed" }];
  const asked = session.extract();
  await clock.pass(1);
  assert.equal((await asked).path, "/extract-profile");
});

test("pages that were refused together do not come back together", async () => {
  const { clock, switchboard, server, state } = world();
  state.chance = 1;
  server.refuse = [{ path: "/session", status: 429, code: "throttled", retryAfter: 2 }];
  const creating = switchboard.create();
  await clock.pass(2.9);
  assert.equal(server.requests.length, 1);
  await clock.pass(0.1);
  await creating;
});

test("a token that ran out while the page slept is asked for anew, once", async () => {
  const refusedTokens = [];
  const token = (refused) => {
    refusedTokens.push(refused);
    return refused ? "fresh" : "stale";
  };
  const { switchboard, server } = world({ token });
  server.refuse = [{ path: "/session", status: 401, code: "unauthorized" }];
  await switchboard.create();
  assert.deepEqual(refusedTokens, [undefined, "stale"]);
  assert.deepEqual(server.requests.map(({ headers }) => headers.authorization), ["Bearer stale", "Bearer fresh"]);
  server.refuse = Array.from({ length: 2 }, () => ({ path: "/session", status: 401, code: "unauthorized" }));
  await assert.rejects(switchboard.create(), { code: "unauthorized" });
});

test("a token that cannot be had for a while gives no session up", async () => {
  let down = false;
  const token = async () => {
    if (down) throw new TypeError("the issuer cannot be reached");
    return "token";
  };
  const { clock, net, session, told } = await connected({ token });
  down = true;
  net.made[0].become("failed");
  await clock.pass(20);
  assert.equal(session.state, "reconnecting");
  await assert.rejects(session.record(), { code: "token_failed" }, await clock.pass(5));
  down = false;
  await clock.pass(20);
  assert.equal(session.state, "connected");
  assert.deepEqual(told.filter(([name]) => name === "error"), []);
});

test("a ticket that ran out by the server's clock is replaced by another", async () => {
  const { switchboard, server } = world();
  const session = await switchboard.create();
  server.refuse = [{ path: CALLS, status: 401, code: "unauthorized" }];
  await session.connect();
  assert.deepEqual(server.asked(CALLS).map(({ headers }) => headers.authorization), ["Bearer ek_1", "Bearer ek_2"]);
});

test("a new call waits as long as the server asks for", async () => {
  const { clock, net, page, server, session } = await connected();
  server.refuse = [{ path: CALLS, status: 429, code: "too_many_calls", retryAfter: 30 }];
  net.made[0].become("failed");
  await clock.pass(29);
  page.dispatchEvent(new Event("online"));
  await settle();
  assert.equal(server.asked(CALLS).length, 2);
  await clock.pass(10);
  assert.equal(session.state, "connected");
});

test("a pause that nobody would wait for is the caller's to decide", async () => {
  const { clock, net, server, session, told } = await connected();
  server.refuse = [{ path: CALLS, status: 503, code: "upstream_busy", retryAfter: 300 }];
  net.made[0].become("failed");
  await clock.pass(5);
  assert.equal(session.state, "failed");
  assert.equal(told.at(-1)[1].retryAfter, 300);
});

test("two sessions that are created at once are one guest's", async () => {
  const { switchboard, server } = world();
  await Promise.all([switchboard.create(), switchboard.create(), switchboard.create()]);
  const shown = server.asked("/session").map(({ headers }) => headers["x-guest-token"]);
  assert.deepEqual(shown, [undefined, "gst_1", "gst_1"]);
});

test("two clients in one page are two guests, and do not hear each other", async () => {
  const one = await connected();
  const other = await connected();
  one.net.made[0].become("failed");
  await one.clock.pass(1);
  assert.deepEqual([one.session.callId, other.session.callId], ["rtc_2", "rtc_1"]);
});

/** Let bodies flow, which take turns of the real event loop. */
async function turns() {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    await settle();
  }
}
