import assert from "node:assert/strict";
import { test } from "node:test";

import { Floor } from "../src/floor.js";
import { answered, answers, begins, said } from "./fakes.js";

const configured = (input) => ({ type: "session.updated", session: { audio: { input } } });
const committed = { type: "input_audio_buffer.committed", item_id: "item_1" };

function after(...events) {
  const floor = new Floor();
  for (const event of events) floor.take(event);
  return floor.isQuiet;
}

test("a call is quiet while nobody speaks and nothing is owed", () => {
  assert.equal(after(), true);
  assert.equal(after({ type: "rate_limits.updated" }), true);
});

test("a person who speaks has the floor until their words and the answer are there", () => {
  assert.equal(after(begins), false);
  assert.equal(after(begins, committed), false);
  assert.equal(after(begins, committed, answers, answered), false);
  assert.equal(after(begins, committed, answers, answered, said("item_1", "Hello.")), true);
});

test("words that nobody writes down, and answers that nobody gives, are not waited for", () => {
  assert.equal(after(configured({ transcription: null, turn_detection: null }), begins, committed), true);
});

test("an answer has the floor until its sound has been played", () => {
  const [started, stopped] = ["started", "stopped"].map((what) => ({ type: `output_audio_buffer.${what}` }));
  assert.equal(after(answers, started, answered), false);
  assert.equal(after(answers, started, answered, stopped), true);
});

test("a tool's result is owed to the call that asked for it", () => {
  const asked = { type: "response.function_call_arguments.done", call_id: "call_1" };
  const given = { type: "conversation.item.added", item: { type: "function_call_output", call_id: "call_1" } };
  assert.equal(after(asked), false);
  assert.equal(after(asked, given), true);
});
