/** What happened in a session: what this page did and heard, and what the API has on record. */

const HEARD = {
  "session.created": "the call's session began",
  "session.updated": "the call was configured anew",
  "input_audio_buffer.speech_started": "the person began to speak",
  "output_audio_buffer.started": "the model's voice began",
  "output_audio_buffer.cleared": "the model was interrupted",
};

/** A line for an event of the data channel, or null for one that tells nobody anything. */
export function lineOf(event, at) {
  if (HEARD[event.type]) return { at, where: "call", what: HEARD[event.type] };
  if (event.type === "error") return { at, where: "call", what: `refused: ${event.error.message}` };
  if (event.type === "response.done") {
    const { status, usage } = event.response;
    const spent = usage ? `, ${usage.input_tokens} tokens in, ${usage.output_tokens} out` : "";
    return { at, where: "call", what: `response ${status}${spent}` };
  }
  return null;
}

/** The lines of a session's record. */
export function linesOfRecord(record) {
  const lines = [line(record.createdAt, "session opened")];
  for (const call of record.calls) {
    lines.push(line(call.createdAt, `call ${call.generation} known`));
    if (call.attachedAt) lines.push(line(call.attachedAt, `the sideband listens to call ${call.generation}`));
    if (call.closedAt) lines.push(line(call.closedAt, `call ${call.generation} over: ${call.reason}`));
  }
  for (const { at, event, facts } of record.audit) {
    const told = Object.entries(facts).filter(([name]) => name !== "callId");
    lines.push(line(at, [event, ...told.map(([name, value]) => `${name} ${textOf(value)}`)].join(", ")));
  }
  if (record.endedAt) lines.push(line(record.endedAt, "session ended"));
  return lines;
}

function line(at, what) {
  return { at: Date.parse(at), where: "record", what };
}

function textOf(value) {
  return typeof value === "object" ? JSON.stringify(value) : value;
}
