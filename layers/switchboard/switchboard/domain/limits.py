"""Every limit, timeout and retry of the API and the workflows, each with its reason.

Seconds unless the name says otherwise. Those of chats and of the live view are in `chat_limits.py` and
`live_limits.py`; the sideband host keeps its own in `services/sideband/limits.py`.
"""

from __future__ import annotations

# --- What a caller may send -------------------------------------------------------------------------
BODY_BYTES = 256 * 1024
"""Largest JSON body: the longest instructions in any script, escaped (six bytes each), and a schema."""
INSTRUCTIONS_CHARS = 32_000
"""Longest instructions: about 8,000 tokens; the upstream's own limit is 16,384 tokens for everything."""
GUEST_LABEL_CHARS = 100
"""Longest label of a guest's profile: it is shown on a button or above a chat."""
SCHEMA_BYTES = 16 * 1024
"""Largest extraction schema: the upstream refuses schemas of more than some hundred properties."""
SCHEMA_DEPTH = 8
"""Deepest extraction schema: the upstream allows ten levels and ours wraps two around it."""
PAGE_DEFAULT = 100
"""Items in a page of a transcript when the caller does not say."""
PAGE_MAX = 500
"""Most items in a page: keeps an answer far below Lambda's 6 MB even with long items."""

PROBLEMS, FIELD_CHARS = 20, 64
"""Most problems of a request that are told, and longest name of a field in them, to find the mistake."""
SUBJECT_BYTES = 256
"""Longest subject of a token: it becomes part of keys, which hold 1,024 bytes at most."""
CLOCK_LEEWAY_SECONDS = 30
"""How far an issuer's clock may be off ours."""
TOKEN_CHARS = 16_384
"""Longest token: Supabase's take one or two thousand, with much metadata four; headers end at 10,240."""

# --- Asking an issuer -------------------------------------------------------------------------------
ISSUER_SECONDS = 2.0
"""For an issuer's keys or its word about a token: a person waits for the answer to something else."""
ISSUER_BYTES = 256 * 1024
"""Most that an issuer may answer: a hundred keys take a third of it."""
JWKS_SECONDS = 600
"""After this an issuer's keys are asked for again: a withdrawn one is believed no longer than that."""
JWKS_FLOOR_SECONDS = 30
"""Never sooner than this after the last time: tokens with made-up key ids must not become requests."""
JWKS_STALE_SECONDS = 24 * 3600
"""How long the last known keys are good for while the issuer is down: a bad day, not a forgotten key."""
REVALIDATED_SECONDS = 60
"""How long Supabase's word about a token is believed: a signed-out token opens no session after a minute."""
REVALIDATED_TOKENS = 10_000
"""Tokens of which that is remembered: some 2 MB in one process."""

# --- Relayed calls ------------------------------------------------------------------------------------
OFFER_BYTES = 64 * 1024
"""Largest SDP offer: a browser's is 2 to 8 kB; with every candidate of a machine of many networks, 20."""
TICKET_TRIES = 10
"""Tries of one ticket, whatever the upstream said to them: a wrong offer deserves no more of its patience."""
SIDEBAND_WAIT_SECONDS = 2.0
"""How long a relayed call's answer waits for the sideband: it takes 0.2 s; who speaks waits for us."""
SIDEBAND_POLL_SECONDS = 0.05
"""Between looks whether the sideband is there: forty cheap reads at most."""
TOOLS_MAX, TOOLS_BYTES = 64, 64 * 1024
"""Most tools of a session, and their JSON: all of it is in the model's window on every turn."""
SERVER_TOOLS_MAX = 32
"""Most tools that our hosts run, and half of the bytes above: a session's own need room beside them."""
TOOL_DESCRIPTION_CHARS = 4096
"""Longest description of one."""
TOOL_SECONDS, TOOL_SECONDS_MAX = 10.0, 30.0
"""For a tool to answer, unless its configuration says otherwise, and at most: a person waits on the phone."""
TOOL_OUTPUT_BYTES, TOOL_OUTPUT_MAX = 8 * 1024, 16 * 1024
"""Largest output, likewise: 2,000 tokens, read again on every later turn; a transcript keeps twice that."""
MCP_PAGES = 100
"""Pages of an MCP server's list of tools: nobody could choose among more."""
AUDIT_ENTRIES = 50
"""Newest entries of a session's audit that its record shows."""

# --- Quotas -------------------------------------------------------------------------------------------
QUOTA_GUEST = "20/3600"
"""Sessions of one guest: one every three minutes, twenty at once for somebody whose network keeps failing."""
QUOTA_NETWORK = "120/3600"
"""Sessions of all guests of one network: a school class or an office, and no more with a dropped cookie."""
QUOTA_USER = "60/3600"
"""Sessions of one user: more than a person can talk, less than a stolen token would like."""
QUOTA_FLEET = "6000/3600"
"""Sessions of everybody: what the operator is ready to pay for in an hour."""
NETWORK_BITS_V4, NETWORK_BITS_V6 = 24, 56
"""A network: what one household or office is commonly given, and can walk through without asking anybody."""
BUCKET_TRIES = 5
"""Looks at a bucket whose two updates both came late: each means that somebody else was served."""
BUCKET_SPARE_SECONDS = 3600
"""A bucket's row outlives its last token by this, whatever the clocks of functions differ by."""
REDIS_SECONDS = 1.0
"""For one answer of a Redis in the same region: a quota must not cost more than what it guards."""

# --- Calls at once ------------------------------------------------------------------------------------
CALLS_GUEST = 3
"""Calls of one guest: a page that is loaded anew leaves a call behind that takes a while to end."""
CALLS_NETWORK = 40
"""Calls of all guests of one network: a school class, and no more with a dropped cookie."""
CALLS_USER = 5
"""Calls of one user: some devices, and what their pages have left behind."""
CALLS_FLEET = 5000
"""Calls of everybody: what the operator is ready to pay for at once, and three hosts carry."""
CALL_COMING_SECONDS = 480
"""A call on its way holds its place as long: `UNFOLLOWED_SECONDS`, two sweeps, and some more."""
CALL_LONGEST_SECONDS = 66 * 60
"""A call that is heard holds its place as long: a host ends it after 65 minutes, if the upstream has not."""
PLACES_WINDOW = 64
"""Places that one look reads: some 6 KB; and of which one may be contended for by so many at most."""
PLACES_LOOKS = 96
"""Windows looked into before a pool counts as full: all of some 6,000 places. Of more, somebody may be
refused while the last of a thousand places is free."""
PLACES_FULL_SECONDS = 1.0
"""How long a process believes that a large pool is full: a flood of refusals must not become one of reads."""
PLACE_TRIES = 5
"""Looks at one place that others keep changing; only calls of the same session do."""
CALLS_RETRY_AFTER = 10
"""What a caller over the limit is told to wait: when a call will end, nobody knows."""
UNFOLLOWED_SECONDS = 300
"""A call that no host has claimed for so long is ended: hosts that start from nothing take half of it."""
UNFOLLOWED_BATCH = 512
"""Such calls looked at in one sweep; the next one, a minute later, takes the rest."""
UNFOLLOWED_AT_ONCE = 10
"""Calls ended at once in a sweep: as many as the SDK's client keeps connections for."""
UNFOLLOWED_BUDGET_SECONDS = 30.0
"""A sweep ends no further call after that: one may take 5 s for each of five keys, and the next sweep comes
after 60."""
SECRETS_TRIED = 4
"""Newest client secrets to attach or hang up with: one per renewal; older ones have all but expired."""
UNFOLLOWED_LOOK_SECONDS = 3.0
"""Between two looks at a host that seems to be dead: one that lives has beaten twice by then."""
UNFOLLOWED_HOST = "sweep"
"""In whose name a sweep claims calls: the next one finds what this one has left undone."""

# --- Logs and memories ------------------------------------------------------------------------------
LOG_BYTES = 1024 * 1024
"""Largest log: a talk of an hour with all its tool calls; `sendBeacon` itself stops at 64 KB."""
LOG_DEPTH = 64
"""Deepest nesting of a log: whoever nests deeper means harm, or has a bug."""
LOG_PARTS = 100
"""Parts of one message that are read: real ones have a handful."""
LOG_CONTENT_BYTES = 350_000
"""Compressed content in one row; DynamoDB takes 400 KB with all names."""
LOG_LINES = 20_000
"""Lines of a log that are summarised, the first and the last: a million empty ones say nothing more."""
LOG_CHUNKS = 50
"""Requests for one summary: a log of the largest size, and the sideband's transcript beside it."""
LOG_DAYS = 30
"""A log is kept as long as the session that it tells of."""
LOG_SECONDS = 40.0
"""For one summary: a background task."""
REPORT_ITEMS, REPORT_BYTES = 2_000, 300_000
"""What of a log may fill gaps of the transcript, the newest: two hours of talk; it fits into one row."""
REPORTS_MAX = 8
"""Newest logs of a session that fill its gaps: one for each of its calls, in most sessions one in all."""
SESSION_LOGS_MAX = 20
"""Newest logs that a session's record lists."""
SUMMARY_CHARS = 1_200
"""Longest memory: some eight sentences."""
QUOTA_LOG_EACH, QUOTA_LOG_NETWORK, QUOTA_LOG_FLEET = "120/3600", "600/3600", "30000/3600"
"""Logs of one guest or user, of all guests of a network, of everybody: several for each session."""
MEMORIES_MAX = 100
"""Memories of one user: years of talks, and still one read of the table."""
MEMORY_ALIKE = 0.75
"""Share of common words from which two memories are one: a retold talk, not a similar one."""
RECALL_MAX = 8
"""Memories that a new call is told: those that matter, not the archive."""
RECALL_CHARS = 4_000
"""The same in characters: about 1,000 tokens."""
EMBED_SECONDS = 1.5
"""For one embedding: ranking by shared words is good enough to wait no longer."""
EMBEDDING_SIZE = 256
"""Numbers of an embedding: a quarter kilobyte beside each memory; more would rank a hundred no better."""

# --- Streamed answers -------------------------------------------------------------------------------
HEARTBEAT_SECONDS = 15.0
"""Between comments on a silent stream: proxies close one after 30 to 60 s."""
SLOW_CLIENT_SECONDS = 60.0
"""How long one write may wait for a client that does not read; then it counts as gone."""

# --- How long things live ---------------------------------------------------------------------------
CLIENT_SECRET_SECONDS = 600
"""Life of a client secret: the upstream's default; time to grant a microphone, not to be stolen."""
TICKET_SECONDS = 600
"""Life of a ticket, for the same reasons."""
SESSION_DAYS = 30
"""A session and its transcript are kept this long after the last change, then TTL removes them."""
EXTRACTION_DAYS = 30
"""An extraction is kept as long as the session that it describes."""
DIGEST_DAYS = 1
"""A digest is a cache: a renewal needs it within seconds, and the transcript can rebuild it."""
HOST_SECONDS = 24 * 3600
"""A host's row outlives it by a day: long after the last of its calls has been taken over."""
COMMAND_SECONDS = 3600
"""A command that no host took is worthless after an hour: sweeps have done its work."""
GUEST_DAYS = 30
"""A guest's cookie lives as long as the sessions that it owns."""

GENERATIONS = 200
"""Calls and secrets of one session, together: four days of hourly calls, each renewed. Every look at the
session reads its calls, and each new one makes a host ask the upstream for it."""
SESSION_TRIES = 5
"""Writes of a session that somebody else keeps changing: attaches and renewals are seconds apart."""

# --- Asking the upstream ----------------------------------------------------------------------------
# A renewal, from outside in. Whoever waits, waits longer than all that it waits for, so that a caller always
# reads our own error (tests/unit/test_patience.py holds template, workflow and this page to it):
#
#   API Gateway                          29     its own limit
#     RenewSessionFunction               28     beside the workflow ISSUER_SECONDS 2, and 0.5 for the table
#       WORKFLOW_READ_SECONDS            25.5   with its connection
#         statemachines/renew.asl.yaml   24     whatever is repeated on the way
#           its steps          4 + 7 + 8 + 4    = 23; each with the start of its function
#             their functions  3, 20, 7, 3      the digest's outlives its step on purpose: what is late
#                                               is kept for the next renewal
#               DIGEST_SECONDS            5.5
#               EMBED_SECONDS + MINT_SECONDS    = 1.5 + 4.5
#               AWS_READ_SECONDS          2.5   one try of the table; the function's end cuts off more
CONNECT_SECONDS = 3.0
"""To open a connection, and never more than a third of a request's time: a sick one should not eat it all."""
MINT_SECONDS = 4.5
"""To mint one secret, two tries and a pause together; it takes half a second when all is well."""
CALL_SECONDS = 10.0
"""To create one relayed call, in one try: its answer takes a second, and the sideband needs its time too."""
HANGUP_SECONDS = 5.0
"""To hang up one call: nobody waits for it, and it is repeated by whoever notices that it failed."""
DIGEST_SECONDS = 5.5
"""To summarise the older half of a long talk: past it the renewal goes on with the recent half alone."""
EXTRACT_SECONDS = 60.0
"""To read one chunk of a transcript: a background task; slow is fine, forever is not."""
UPSTREAM_TRIES = 2
"""Tries of a request that may be repeated: one blip heals, an outage is told to the caller at once."""
UPSTREAM_PAUSE = 0.3
"""Before the second try when the upstream names no pause; doubled spread, so that crowds disperse."""
UPSTREAM_PAUSE_MAX = 2.0
"""Longest pause that we wait for the upstream; a longer one is the caller's `Retry-After`."""
UPSTREAM_RETRY_AFTER_MAX = 3600
"""Longest pause that we pass on: whoever is told more than an hour has been told never."""

# --- Asking AWS -------------------------------------------------------------------------------------
AWS_CONNECT_SECONDS = 1.0
"""To reach an AWS endpoint in the same region: milliseconds when healthy."""
AWS_READ_SECONDS = 2.5
"""For one answer of a table, queue or key, which takes milliseconds; the SDK repeats it."""
AWS_TRIES = 4
"""Tries in the SDK's standard mode: rides out a throttled second (waits 50 ms, doubling, with jitter)."""
WORKFLOW_READ_SECONDS = 24.5
"""For a synchronous workflow: it ends itself before."""

SECRET_CACHE_SECONDS = 300
"""How long a function believes a secret that it has read: a rotated key takes over within five minutes."""

# --- Extraction and digest --------------------------------------------------------------------------
EXTRACT_WAIT_SECONDS = 20.0
"""How long POST /extract-profile waits before it answers 202."""
EXTRACT_POLL_SECONDS = 0.25
"""Between looks at a running extraction: a quarter second is not felt, and costs 80 reads at most."""
EXTRACT_DEADLINE_SECONDS = 900
"""After this a running extraction counts as failed and may be started again; the workflow's own limit."""
EXTRACT_ERROR_CHARS = 256
"""Longest name of an error that is kept: names are short, and the record is shown to callers."""
EXTRACT_RETRY_AFTER = 2
"""What a 202 tells the caller to wait."""
CHUNK_CHARS = 24_000
"""Transcript in one extraction request: about 6,000 tokens, well inside every model's window."""
EXTRACT_CHUNKS = 40
"""Most chunks of one extraction: about a million characters, twenty hours of talk."""
DIGEST_CHARS = 12_000
"""Transcript that a new call is told verbatim: about 3,000 tokens beside up to 8,000 of instructions."""
DIGEST_SUMMARY_TOKENS = 600
"""Longest summary of what no longer fits."""
ITEM_QUOTE_CHARS = 2_000
"""One item's words in a digest or an extraction; a longer monologue is cut in its middle."""
