export interface Usage {
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  total_tokens: number;
}

export type TurnStatus = "completed" | "incomplete" | "refused" | "interrupted" | "failed";

export type AgentEvent =
  | { type: "start"; content: ""; turn_id: string; session_id: string; model: string; context: string[] }
  | { type: "token"; content: string }
  | { type: "tool_call"; content: string; call_id: string; arguments: string }
  | { type: "tool_result"; content: string; call_id: string; name: string; status: "ok" | "failed" | "timeout" }
  | { type: "refusal"; content: string }
  | { type: "incomplete"; content: string; reason: string }
  | { type: "error"; content: string; code: string; retry_after?: number }
  | {
      type: "done";
      content: "";
      turn_id: string;
      session_id: string;
      status: TurnStatus;
      saved: boolean;
      usage: Usage;
      cost_usd: number | null;
      milliseconds: number;
      first_token_ms: number | null;
    };

export interface Message {
  id: string;
  query: string;
  answer: string;
  summary: string;
  created_at: string;
  status: TurnStatus;
}

export interface History {
  session_id: string;
  turns: number;
  messages: Message[];
  cursor: string | null;
  analytics: Record<string, number | null>;
}

export class AgentError extends Error {
  code: string;
  status: number;
  requestId?: string;
  retryAfter?: number;
}

export class EventParser {
  feed(text: string): string[];
}

export function readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void>;

export interface AgentOptions {
  baseUrl?: string;
  fetch?: typeof fetch;
  headers?: Record<string, string>;
  credentials?: RequestCredentials;
  sessionId?: string;
  guestToken?: string;
}

export class AgentClient {
  constructor(options?: AgentOptions);
  sessionId?: string;
  guestToken?: string;
  createSession(): Promise<string>;
  ask(query: string, options?: { signal?: AbortSignal }): AsyncGenerator<AgentEvent, void, void>;
  history(options?: { cursor?: string; limit?: number }): Promise<History>;
  clear(): Promise<History>;
}

export function render(events: AsyncIterable<AgentEvent>, element: HTMLElement): Promise<AgentEvent | undefined>;
