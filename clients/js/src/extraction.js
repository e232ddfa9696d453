import { aborted } from "./errors.js";
import * as limits from "./limits.js";
import { sleep } from "./surroundings.js";

/** Return what a session's transcript says of the person; waits until it is read. */
export async function extract(api, sessionId, surroundings, schema, signal) {
  const body = { sessionId, ...(schema ? { schema } : {}) };
  let answer = await api.ask("POST", "/extract-profile", { body, signal, repeatable: true });
  while (answer.status === "running") {
    await sleep(surroundings, limits.POLL, signal);
    if (signal?.aborted) throw aborted(signal);
    answer = await api.ask("GET", `/extract-profile/${answer.extractionId}`, { signal });
  }
  return answer;
}
