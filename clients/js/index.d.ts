/** Realtime voice sessions of a Switchboard backend. */

export type Mode = "relay" | "direct";
export type Restored = "full" | "digest" | "none";
/**
 * `failed`: no call could be placed any more; `connect()` tries anew. `ended`: over, here and on the server. `closed`: let go
 * of here, open on the server.
 */
export type State = "new" | "connecting" | "connected" | "reconnecting" | "failed" | "ended" | "closed";

/** A function that the model may call, as the upstream describes one. */
export interface FunctionTool {
  type: "function";
  name: string;
  description?: string | null;
  parameters?: Record<string, unknown> | null;
}

export interface CreateSession {
  model?: string;
  voice?: string;
  enableTranscription?: boolean;
  instructions?: string;
  /** A session that this one replaces. */
  reset?: string;
  /** `relay` unless said otherwise. */
  mode?: Mode;
  /** Pinned on relayed calls; left out, the page may bring its own. */
  tools?: FunctionTool[];
}

export interface Options {
  /**
   * A user's token, or how to get one that is fresh: asked before each request, and once more with the token that the server
   * has just refused.
   */
  token?: string | ((refused?: string) => string | undefined | Promise<string | undefined>) | undefined;
  /** For back ends only. */
  apiKey?: string | undefined;
  /** Stay the guest of an earlier page. */
  guestToken?: string | undefined;
  /** Where direct mode places its calls; OpenAI unless said otherwise. */
  callsUrl?: string;
  /** false: leave no log behind. */
  log?: boolean;
  fetch?: typeof fetch;
  RTCPeerConnection?: typeof RTCPeerConnection;
  sendBeacon?: (url: string, body: Blob) => boolean;
  page?: EventTarget;
  /** Whether requests can outlive their page (`keepalive`). */
  outlives?: boolean;
  /** Whether somebody looks at the page, and whether it has a network. */
  visible?: () => boolean;
  online?: () => boolean;
  /** Seconds since the epoch. */
  now?: () => number;
  /** Chance, from 0 to 1. */
  random?: () => number;
  /** Do work after some seconds; returns what cancels it. */
  later?: (seconds: number, work: () => void) => () => void;
}

export interface TranscriptItem {
  itemId: string;
  generation: number;
  kind: string;
  role: "user" | "assistant" | "system" | null;
  text: string | null;
  status: string;
  /** Whose words these are: `sideband`, or `browser` where no host has heard them and a log of the owner's tells them. */
  source: string;
  name: string | null;
  arguments: string | null;
  output: string | null;
  phase: string | null;
  heardMs: number | null;
  /** How long the tool ran whose output this is, where a host ran it: then `source` is `switchboard`. */
  toolMs: number | null;
  audioStartMs: number | null;
  audioEndMs: number | null;
  deleted: boolean;
}

/** An item of the live transcript: it stands directly behind `previousItemId` in its call; null makes it the first. */
export interface LiveItem extends TranscriptItem {
  previousItemId: string | null;
}

/** `id` is where another stream may go on. The same item may come again, and replaces what came before. */
export type StreamEvent =
  | { type: "item"; id: string; item: LiveItem }
  | { type: "end"; id: string; sessionId: string; status: "ended" };

/** What the browser itself heard; the transcript is the truth. */
export interface Message {
  id: string;
  role: "user" | "assistant";
  content: string;
}

export interface CallRecord {
  callId: string;
  generation: number;
  status: "pending" | "followed" | "closed";
  createdAt: string;
  attachedAt: string | null;
  closedAt: string | null;
  reason: string | null;
  /** Tokens by source and kind. */
  usage: Record<string, Record<string, number>> | null;
  costUsd: number | null;
}

export interface SessionRecord {
  sessionId: string;
  status: "open" | "ended";
  mode: Mode;
  model: string;
  voice: string;
  enableTranscription: boolean;
  callId: string | null;
  /** Counts secrets and calls. */
  generation: number;
  instructions: string;
  calls: CallRecord[];
  profile: Record<string, unknown> | null;
  replacedBy: string | null;
  createdAt: string;
  updatedAt: string;
  endedAt: string | null;
  audit: { at: string; event: string; facts: Record<string, unknown> }[];
  logs: { logId: string; status: "received" | "summarised" | "failed"; createdAt: string }[];
  costUsd: number | null;
  [more: string]: unknown;
}

export interface Extraction {
  extractionId: string;
  sessionId: string;
  status: "running" | "succeeded";
  profile: Record<string, unknown> | null;
  instructions: string | null;
  evidence: { field: string; items: string[] }[];
}

export interface Events {
  /** An event of the call's data channel, as the upstream sent it. */
  event: { type: string; [more: string]: unknown };
  message: Message;
  /** The model's voice: give it to an `<audio autoplay>` as `srcObject`. */
  audio: MediaStream;
  state: State;
  /** The id of the call that has the floor from now on: the first, or one that took over. */
  call: string;
  renewed: { restored: Restored; expiresAt: string };
  /** What the session could not mend by itself. */
  error: SwitchboardError;
}

export class SwitchboardError extends Error {
  constructor(code: string, message: string, more?: Partial<SwitchboardError> & { cause?: unknown });
  /**
   * A stable word: the server's, or `network_error`, `call_failed`, `token_failed` (`token` threw), `closed`, `aborted`,
   * `unexpected_answer`.
   */
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string;
  /** Seconds after which a repeat may succeed, where the server says so. */
  readonly retryAfter?: number;
  readonly details?: Record<string, unknown>;
  /** Whether the same request may succeed later. */
  readonly mayHeal: boolean;
}

export class VoiceSession {
  private constructor();
  readonly id: string;
  readonly mode: Mode;
  readonly model: string;
  readonly voice: string;
  readonly instructions: string;
  readonly state: State;
  readonly callId: string | undefined;
  /** Returns what stops the listener. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void;
  /** Without a microphone it only listens. While a call is live, another takes over, with the other microphone. */
  connect(microphone?: MediaStream | MediaStreamTrack[]): Promise<void>;
  /** Happens by itself when it is due. Resolves to what the new call knows of the talk. */
  renew(): Promise<Restored>;
  send(event: { type: string; [more: string]: unknown }): void;
  transcript(): Promise<TranscriptItem[]>;
  follow(options?: { signal?: AbortSignal }): AsyncGenerator<TranscriptItem, void, void>;
  /** The transcript as the server tells it, each item when it has settled; survives broken connections. */
  stream(options?: { lastEventId?: string; signal?: AbortSignal }): AsyncGenerator<StreamEvent, void, void>;
  record(): Promise<SessionRecord>;
  extract(schema?: Record<string, unknown>, options?: { signal?: AbortSignal }): Promise<Extraction>;
  /** If the server cannot be told this rejects, and may be called again. The microphone stays the page's to stop. */
  end(): Promise<void>;
  /** Hang up and forget the page's events; the session stays open, for `resume`. */
  close(): void;
}

export class Switchboard {
  constructor(baseUrl: string, options?: Options);
  readonly guestToken: string | undefined;
  create(request?: CreateSession): Promise<VoiceSession>;
  /** Take up a session of the same caller again, on another page say; `connect()` then goes on with its talk. */
  resume(sessionId: string): Promise<VoiceSession>;
}
