/** Realtime voice sessions of a Switchboard backend. */

export { SwitchboardError } from "./src/errors.js";
export { VoiceSession } from "./src/session.js";
export { Switchboard } from "./src/switchboard.js";
