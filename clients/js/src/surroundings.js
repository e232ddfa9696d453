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
    /** Do `work` after that many seconds, unless the function that this returns is called before. */
    later: (seconds, work) => {
      const timer = setTimeout(work, seconds * 1000);
      return () => clearTimeout(timer);
    },
    ...given,
  };
}

/** Wait that many seconds, or until the signal says that nobody waits any more. */
export function sleep({ later }, seconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = later(seconds, done);
    signal?.addEventListener("abort", done);
  });
}
