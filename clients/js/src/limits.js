/** Every timeout, retry and limit of the client, each with its reason. Seconds, unless the name says otherwise. */

/** A secret with less left than this is renewed first: an offer and its answer take a few seconds. */
export const SECRET_MARGIN = 15;
/** The upstream ends a call after an hour. */
export const CALL_LONGEST = 3600;
/** Before that hour ends a new call takes over: time for a renewal that has to be repeated. */
export const CALL_MARGIN = 300;
/** Longest time between two looks at the clock: a wake that no event tells is noticed within it. */
export const LOOK = 30;
/** A page that waits to be used renews its secret so often; a later use then renews first, which takes a second. */
export const IDLE_RENEWALS = 3;
/** A renewal that nobody has asked for waits so long for a pause in the talk. */
export const PAUSE_PATIENCE = 60;
/** Once the next call is open, the sentence under way on the old one may end. The server hangs that up after 30 s. */
export const HANDOVER_PATIENCE = 8;
/** What was said on the old call may be transcribed late. */
export const LAST_WORDS = 5;
/** Messages this much older than a renewal may have come too late for it: the server hears them 0.3 s after the page. */
export const HEARD_LATE = 5;
/** For the data channel of a new call to open: slow networks take eight seconds. */
export const CHANNEL_PATIENCE = 20;
/** A connection may recover by itself for so long before it is replaced. */
export const DISCONNECTED_GRACE = 4;
/** First pause before a new call after one was lost, doubling; then the longest. */
export const RECONNECT_FIRST = 0.5;
export const RECONNECT_LONGEST = 15;
/** New calls in a row that fail before the session is given up: some two minutes. */
export const RECONNECT_TRIES = 10;
/** Longest pause that the server may ask for before a new call; a longer one is the caller's to decide. */
export const RECONNECT_PATIENCE = 60;
/** A call that lived this long was sound: the next loss starts with short pauses again. */
export const STABLE = 30;
/** Tries of a request that may be repeated, and the pause between them where the server names none. */
export const TRIES = 3;
export const TRY_PAUSE = 0.5;
/** Pauses are longer by up to this part of themselves, by chance. */
export const SPREAD = 0.5;
/** Longest pause that the server may ask for and we wait; a longer one is the caller's to decide. */
export const RETRY_AFTER_LONGEST = 10;
/** For one answer: API Gateway gives up after 29 s, and its own error is worth waiting for. */
export const ANSWER = 35;
/** First pause before a transcript's stream is opened again, doubling while it brings nothing; then the longest. */
export const STREAM_FIRST = 1;
export const STREAM_LONGEST = 15;
/** A stream that is silent for so long is dead: the server says something every 15 s. */
export const STREAM_SILENCE = 40;
/** Between looks at a transcript that is followed: an item is there 0.3 s after it was said. */
export const POLL = 1;
/** Items in one page of a transcript: the most that the server gives. */
export const PAGE = 500;
/** Messages that a new call is told where the server could not restore the talk. */
export const SEEDED = 20;
/** Bytes of a log that a page leaves behind: browsers take 64 kB of all that is to outlive a page together. */
export const BEACON_BYTES = 60_000;
/** Bytes of the log of a session that is over: the server takes 1 MiB. */
export const LOG_BYTES = 1_000_000;
