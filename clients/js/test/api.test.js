import assert from "node:assert/strict";
import { test } from "node:test";

import { SwitchboardError } from "../index.js";
import { settle, world } from "./fakes.js";

test("a guest stays the same guest", async () => {
  const { switchboard, server } = world();
  await switchboard.create();
  await switchboard.create();
  assert.equal(server.requests[0].headers["x-guest-token"], undefined);
  assert.equal(server.requests[1].headers["x-guest-token"], "gst_1");
  assert.equal(switchboard.guestToken, "gst_1");
});

test("a user shows a token that is fresh each time", async () => {
  let asked = 0;
  const { switchboard, server } = world({ token: async () => `token_${(asked += 1)}` });
  await switchboard.create();
  await switchboard.create();
  assert.deepEqual(server.requests.map(({ headers }) => headers.authorization), ["Bearer token_1", "Bearer token_2"]);
});

test("a back end shows its key", async () => {
  const { switchboard, server } = world({ apiKey: "key" });
  await switchboard.create();
  assert.equal(server.requests[0].headers["x-api-key"], "key");
});

test("an error carries what the server told", async () => {
  const { switchboard, server } = world();
  server.refuse = [{ path: "/session", status: 429, code: "quota_exceeded", retryAfter: 90 }];
  await assert.rejects(switchboard.create(), (error) => {
    assert.ok(error instanceof SwitchboardError);
    assert.deepEqual(
      [error.code, error.status, error.retryAfter, error.requestId, error.message],
      ["quota_exceeded", 429, 90, "req_1", "Not now."],
    );
    return true;
  });
});

test("an answer that is none of ours is an error all the same", async () => {
  const { switchboard } = world({ fetch: async () => new Response("<html>", { status: 502 }) });
  await assert.rejects(switchboard.create(), { code: "unexpected_answer", status: 502 });
});

test("what was throttled is asked again after the pause that the server names", async () => {
  const { clock, switchboard, server } = world();
  server.refuse = [{ path: "/session", status: 503, code: "throttled", retryAfter: 2 }];
  const creating = switchboard.create();
  await clock.pass(1.9);
  assert.equal(server.requests.length, 1);
  await clock.pass(0.2);
  assert.equal((await creating).id, "sess_1");
});

test("what may have worked is not asked twice", async () => {
  const { switchboard, server } = world();
  server.refuse = [{ path: "/session", network: true }];
  await assert.rejects(switchboard.create(), { code: "network_error" });
  assert.equal(server.requests.length, 1);
});

test("what may be repeated is, but not for ever", async () => {
  const { clock, switchboard, server } = world();
  const session = await switchboard.create();
  server.refuse = Array.from({ length: 9 }, () => ({ path: "/session/renew", status: 409, code: "session_changed" }));
  const renewing = assert.rejects(session.renew(), { code: "session_changed" });
  await clock.pass(60);
  await renewing;
  assert.equal(server.asked("/session/renew").length, 3);
});

test("a long pause is the caller's to wait", async () => {
  const { switchboard, server } = world();
  server.refuse = [{ path: "/session", status: 503, code: "throttled", retryAfter: 60 }];
  await assert.rejects(switchboard.create(), { code: "throttled", retryAfter: 60 });
  await settle();
  assert.equal(server.requests.length, 1);
});
