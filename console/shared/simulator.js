/** The simulator's scripts, for calls without a person. */

/** @returns {Promise<string[]>} the names it knows; none where there is no simulator */
export async function scriptNames(url) {
  if (!url) return [];
  const answer = await fetch(`${url}/_simulator/scripts`).catch(() => null);
  return answer?.ok ? (await answer.json()).scripts : [];
}

/** Have a script play the person, and the model, in a call that is live. */
export async function play(url, callId, name) {
  const answer = await fetch(`${url}/_simulator/calls/${callId}/script`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  if (!answer.ok) throw new Error((await answer.json()).error.message);
}

/** A token of a user who does not exist, from the simulator's own issuer. */
export async function madeUpUser(url, name) {
  const answer = await fetch(`${url}/_simulator/issuer/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sub: name, email: `${name}@example.com`, kind: "verified" }),
  });
  if (!answer.ok) throw new Error(`The simulator answered ${answer.status}.`);
  return (await answer.json()).token;
}
