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
  not_found: "It may be somebody else's: whoever opened it can see it, as the same guest or user.",
  session_ended: "Start another call.",
  unexpected_answer: "Is it this API that answers at the address under Settings?",
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

/**
 * Do what was asked for, say so before and after; where it fails show why. A button that asked for it waits until it is
 * done. `work` gives false where something else was asked for meanwhile: the status line is that one's then.
 * @returns whether it went well, to its end
 */
export async function doing(before, work, after, button = null) {
  if (button?.ariaDisabled === "true") return false;
  if (button) button.ariaDisabled = "true";
  showProblem(null);
  say(before);
  try {
    if ((await work()) === false) return false;
    say(after);
    return true;
  } catch (problem) {
    showProblem(problem);
    say("That did not work.");
    return false;
  } finally {
    if (button) button.ariaDisabled = null;
  }
}

function wordsOf(problem) {
  const help = HELP[problem.code];
  const words = WORDS[problem.name] ?? problem.message;
  const wait = problem.retryAfter ? ` Try again in ${span(problem.retryAfter)}.` : "";
  return `${words}${help ? ` ${help}` : ""}${wait}`;
}

function span(seconds) {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

/** The error's code and request id: what somebody who looks for it in the logs asks for. */
function factsOf({ code, status, requestId }) {
  return [code && `code ${code}`, status && `status ${status}`, requestId && `request ${requestId}`].filter(Boolean);
}

addEventListener("offline", () => say("There is no network. What is said meanwhile is read when it is back."));
addEventListener("online", () => say("The network is back."));

$("problem-close").onclick = () => {
  showProblem(null);
  $("main").focus();
};
