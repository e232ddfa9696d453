/** What the page says of itself: one sentence in the status line, and what went wrong in words. */

import { $, write } from "./dom.js";

const WORDS = {
  NotAllowedError: "The browser did not let this page use the microphone. Allow it beside the address, or let a script speak.",
  NotFoundError: "There is no microphone. Connect one, or let a script speak.",
  TimeoutError: "The server took too long to answer.",
};
/** What helps, beyond what the server's own sentence says. */
const HELP = {
  network_error: "Is the API's address under Settings right, and does it welcome this page's origin?",
  unauthorized: "Look at the token under Settings.",
  email_not_verified: "Chats are for users whose address is confirmed.",
  session_ended: "Refresh, or start another call.",
  quota_exceeded: "An allowance is used up.",
  upstream_busy: "OpenAI asks for fewer requests.",
};

export function say(sentence) {
  write($("status"), sentence);
}

/** Show what went wrong, or hide it again with null. */
export function showProblem(problem) {
  $("problem").hidden = !problem;
  if (!problem) return;
  write($("problem-words"), wordsOf(problem));
  write($("problem-facts"), factsOf(problem).join(" · "));
}

/** Do what was asked for, say so before and after; where it fails show why. @returns whether it went well */
export async function doing(before, work, after) {
  showProblem(null);
  say(before);
  try {
    await work();
    say(after);
    return true;
  } catch (problem) {
    showProblem(problem);
    say("That did not work.");
    return false;
  }
}

function wordsOf(problem) {
  const help = HELP[problem.code];
  const words = WORDS[problem.name] ?? problem.message;
  const wait = problem.retryAfter ? ` Try again in ${Math.ceil(problem.retryAfter)} s.` : "";
  return `${words}${help ? ` ${help}` : ""}${wait}`;
}

/** The error's code and request id: what somebody who looks for it in the logs asks for. */
function factsOf({ code, status, requestId }) {
  return [code && `code ${code}`, status && `status ${status}`, requestId && `request ${requestId}`].filter(Boolean);
}

$("problem-close").onclick = () => {
  showProblem(null);
  $("main").focus();
};
