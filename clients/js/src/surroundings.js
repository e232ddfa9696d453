import * as limits from "./limits.js";

/** What the client takes from the page around it; tests give their own. */
export function surroundings(given = {}) {
  const page = globalThis;
  return {
    fetch: (url, request) => page.fetch(url, request),
    RTCPeerConnection: page.RTCPeerConnection,
    sendBeacon: page.navigator?.sendBeacon?.bind(page.navigator),
    page: page.addEventListener ? page : undefined,
    /** Whether requests can outlive their page. */
    outlives: "keepalive" in (page.Request?.prototype ?? {}),
    visible: () => page.document?.visibilityState !== "hidden",
    online: () => page.navigator?.onLine !== false,
    now: () => Date.now() / 1000,
    random: () => Math.random(),
    /** Do `work` after that many seconds, unless the function that this returns is called before. */
    later: (seconds, work) => {
      const timer = setTimeout(work, seconds * 1000);
      return () => clearTimeout(timer);
    },
    ...given,
  };
}

/** A pause that many pages take at once is stretched by chance, so that they do not all come back at once. */
export function spread({ random }, seconds) {
  return seconds * (1 + limits.SPREAD * random());
}

/** Wait that many seconds, or until the signal says that nobody waits any more. */
export function sleep({ later }, seconds, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = later(seconds, done);
    signal?.addEventListener("abort", done);
  });
}
