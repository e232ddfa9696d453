import assert from "node:assert/strict";
import { test } from "node:test";

import { connected, said, settle } from "./fakes.js";

test("a page that closes leaves its log in a request that outlives it and says whose it is", async () => {
  const { net, page, server, beacons } = await connected();
  net.made[0].hear(said("item_1", "Hello."));
  page.dispatchEvent(new Event("pagehide"));
  await settle();
  const [{ url, headers, body, keepalive }] = server.asked("/realtime/logs");
  assert.equal(url, "https://api.test/realtime/logs");
  assert.deepEqual(headers, { "x-guest-token": "gst_1", "content-type": "text/plain" });
  assert.equal(keepalive, true);
  assert.deepEqual(body.messages, [{ id: "item_1", role: "user", content: "Hello." }]);
  assert.equal(body.metadata.sessionId, "sess_1");
  assert.deepEqual(body.metadata.counts, { messages: 1, toolCalls: 0 });
  assert.deepEqual(beacons, []);
});

test("a user's log shows the token that was shown last: a page that closes waits for no other", async () => {
  let asked = 0;
  const { net, page, server } = await connected({ token: async () => `token_${(asked += 1)}` });
  net.made[0].hear(said("item_1", "Hello."));
  page.dispatchEvent(new Event("pagehide"));
  await settle();
  assert.equal(server.asked("/realtime/logs")[0].headers.authorization, "Bearer token_1");
});

test("in a browser whose requests die with their page the log goes as a beacon that needs no preflight", async () => {
  const { net, page, server, beacons } = await connected({ outlives: false });
  net.made[0].hear(said("item_1", "Hello."));
  page.dispatchEvent(new Event("pagehide"));
  await settle();
  const [{ url, body }] = beacons;
  assert.equal(url, "https://api.test/realtime/logs");
  assert.equal(body.type, "text/plain");
  assert.equal(JSON.parse(await body.text()).messages[0].content, "Hello.");
  assert.equal(server.asked("/realtime/logs").length, 0);
});

test("a page that heard nothing, has ended, or asked for none leaves no log", async () => {
  const quiet = await connected();
  const over = await connected();
  over.net.made[0].hear(said("item_1", "Hello."));
  await over.session.end();
  const silent = await connected({ log: false });
  silent.net.made[0].hear(said("item_1", "Hello."));
  for (const { page } of [quiet, over, silent]) page.dispatchEvent(new Event("pagehide"));
  await settle();
  assert.deepEqual([quiet, over, silent].map(({ server }) => server.asked("/realtime/logs").length), [0, 1, 0]);
});

test("a session that was given up leaves its log all the same", async () => {
  const { clock, net, page, server, session } = await connected();
  net.made[0].hear(said("item_1", "Hello."));
  net.state.opens = false;
  net.made[0].become("failed");
  await clock.pass(3600);
  assert.equal(session.state, "failed");
  page.dispatchEvent(new Event("pagehide"));
  await settle();
  assert.equal(server.asked("/realtime/logs").length, 1);
});

test("a long session's log is as long as the server takes", async () => {
  const { net, server, session } = await connected();
  for (let n = 0; n < 120; n += 1) net.made[0].hear(said(`item_${n}`, "é".repeat(5000)));
  await session.end();
  const [{ body }] = server.asked("/realtime/logs");
  const bytes = new TextEncoder().encode(JSON.stringify(body)).length;
  assert.ok(bytes > 500_000 && bytes <= 1_000_000, `${bytes} bytes`);
  assert.equal(body.messages.at(-1).id, "item_119");
});
