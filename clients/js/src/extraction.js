import * as limits from "./limits.js";
import { sleep } from "./surroundings.js";

/** Return what a session's transcript says of the person; waits until it is read. */
export async function extract(api, sessionId, surroundings, schema) {
  const body = { sessionId, ...(schema ? { schema } : {}) };
  let answer = await api.ask("POST", "/extract-profile", { body, repeatable: true });
  while (answer.status === "running") {
    await sleep(surroundings, limits.POLL);
    answer = await api.ask("GET", `/extract-profile/${answer.extractionId}`);
  }
  return answer;
}
