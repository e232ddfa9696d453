"""Every limit, timeout and retry of the text agent, each with its reason.

Seconds unless the name says otherwise.
"""

from __future__ import annotations

# --- What a caller may send and get -----------------------------------------------------------------
QUERY_CHARS = 32_000
"""Longest query: about 8,000 tokens, a long document pasted; more belongs in a file of its own."""
SESSION_ID_CHARS = 128
"""Longest session id that is looked up: ours have 37, and others' should have room."""
BODY_BYTES = 256 * 1024
"""Largest request: the longest query with every character escaped in JSON."""
ANSWER_TOKENS = 8_192
"""Longest answer that is asked for: about 30,000 characters, more than anybody reads in a chat."""
ANSWER_CHARS = 500_000
"""Longest answer that is taken: ten times what was asked for; an upstream that never stops is broken."""
TOOL_OUTPUT_CHARS = 20_000
"""What the model is shown of one tool's output: about 5,000 tokens; the middle of a longer one is cut."""
EVENT_OUTPUT_CHARS = 2_000
"""What the client is shown of it: enough to display, not a second download."""

# --- History ----------------------------------------------------------------------------------------
CONTEXT_MESSAGES = 10
"""Earlier turns that a query carries unless DEXTER_MAX_CONTEXT_MESSAGES says otherwise."""
RECENT_TURNS = 3
"""The newest turns are always among them: "and why is that?" has no word in common with its subject."""
CONSIDERED_TURNS = 1_000
"""How far back selection looks: one read of about 3 MB; what is older is in the digest."""
CONTEXT_CHARS = 24_000
"""Earlier words sent verbatim: about 6,000 tokens; turns beyond it are sent as their summaries."""
TURN_CHARS = 8_000
"""What one earlier turn may take of that: one long answer must not crowd out the others."""
SUMMARY_CHARS = 280
"""Longest cheap summary: two sentences."""
SUMMARY_TOKENS = 120
"""Longest summary that a model is asked for: the same."""
SUMMARY_SECONDS = 4.0
"""For a model's summary: the client already has its answer and waits only for `done`."""
SUMMARY_INPUT_CHARS = 12_000
"""What of a turn a model reads to summarise it: about 3,000 tokens."""
EMBEDDING_DIMENSIONS = 256
"""Numbers in a vector: keeps what matters for some thousand turns, in 1 KB a turn and 5 us a comparison."""
EMBEDDING_CHARS = 8_000
"""What of a text is embedded: the upstream takes 8,192 tokens, and the beginning says what it is about."""
EMBEDDING_SECONDS = 3.0
"""For the vector of a query: past it the recent turns alone are sent."""
BACKFILL_TURNS = 64
"""Turns without a vector that are embedded along with a query: a history from before is done in a few."""
COMPACT_AFTER_TURNS = 40
"""Turns beyond the digest before it is written anew: keeps compaction to one query in twenty."""
COMPACT_KEEP_TURNS = 20
"""Newest turns that a digest leaves out: they are near enough to be sent themselves."""
DIGEST_CHARS = 6_000
"""Longest digest: about 1,500 tokens in every later request."""
DIGEST_TOKENS = 1_000
"""Longest digest that a model is asked for."""
DIGEST_SECONDS = 8.0
"""For a model's digest: past it the summaries themselves are the digest."""

# --- Asking the upstream ----------------------------------------------------------------------------
CONNECT_SECONDS = 3.0
"""To open a connection: a healthy one takes a tenth of this."""
STALL_SECONDS = 90.0
"""Without a byte from the upstream: a model that thinks still sends events every few seconds."""
TURN_SECONDS = 600.0
"""For one query, tools included: under the 15 minutes of a streamed answer on AWS."""
UPSTREAM_TRIES = 2
"""Tries before the first token: after it a repeat would say things twice."""
UPSTREAM_PAUSE = 0.3
"""Before the second try; doubled spread, so that crowds disperse."""
UPSTREAM_PAUSE_MAX = 2.0
"""Longest pause that we wait for the upstream; a longer one is told to the client."""
EVENT_BYTES = 4 * 1024 * 1024
"""Largest event of a stream: a completed response repeats all of its output; more is garbage."""
REFUSAL_SECONDS = 10.0
"""To read what the upstream says when it refuses: a few hundred bytes."""

# --- Tools ------------------------------------------------------------------------------------------
TOOL_ROUNDS = 6
"""Times that the model may ask for tools in one query; then it must answer with what it has."""
TOOL_CALLS = 16
"""Calls of one round that are run: more at once is a model gone astray."""
TOOL_SECONDS = 30.0
"""For one call of a tool, unless the tool says otherwise."""
MCP_CONNECT_SECONDS = 5.0
"""To reach an MCP server and list its tools: the first token waits for it."""
MCP_TOOLS_SECONDS = 300.0
"""How long a server's list of tools is believed."""
MCP_BYTES = 4 * 1024 * 1024
"""Largest answer of an MCP server that is read."""

# --- Stores -----------------------------------------------------------------------------------------
SESSION_DAYS = 30
"""A session lives this long after its last turn, a turn this long after it was given."""
AUDIT_DAYS = 90
"""Audit events outlive the session that they speak of: they hold ids, never words."""
STORE_TRIES = 8
"""Tries of a write that met another on the same session: each one that lost lets another win."""
STORE_PAUSE = 0.02
"""Before the second of them; doubled each time, with jitter: some 2 s in all."""
STORE_SECONDS = 10.0
"""After this no further one begins: a table that is down is told to the caller, not waited for."""
ROW_BYTES = 350_000
"""What one row of the table takes of a turn: DynamoDB refuses items over 400 KB, keys and names included."""
PAGE_DEFAULT = 100
"""Turns in a page of the history when the caller does not say."""
PAGE_MAX = 500
"""Most turns in a page."""
PAGE_BYTES = 4 * 1024 * 1024
"""Largest page: Lambda answers with 6 MB at most, and escaping takes its share."""
ROWS_AT_A_TIME = 100
"""Rows read at once where few may do: 100 turns of usual size are under the megabyte of one read."""
REDIS_SECONDS = 2.0
"""For one command of Redis: microseconds when healthy."""
MEMORY_SESSIONS = 10_000
"""Sessions that one process keeps in memory; the longest unused is forgotten first."""

# --- Rate -------------------------------------------------------------------------------------------
RATE_QUERIES = 20
"""Queries of one session in a window: a person asks a few a minute, a loop a hundred."""
RATE_WINDOW_SECONDS = 60
"""The window."""
