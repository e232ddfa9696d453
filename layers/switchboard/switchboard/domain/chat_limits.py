"""Every limit of chat sessions and codex sessions, each with its reason.

Seconds unless the name says otherwise.
"""

from __future__ import annotations

# --- What a caller may send -------------------------------------------------------------------------
METADATA_BYTES = 4 * 1024
"""Largest metadata or context: enough to say where a chat belongs, too little to be a document store."""
PAYLOAD_BYTES = 8 * 1024
"""Largest payload of an event: a form's values fit; whoever needs more has something to link to."""
JSON_DEPTH = 8
"""Deepest metadata, context or payload: nobody nests further by hand, and it bounds every reader's stack."""
WHO_CHARS = 64
"""Longest name of a person or a queue to hand a chat to: it is shown in the record."""
TOKEN_CHARS = 4096
"""Longest token that is looked at: ours have some 700 characters."""
PAGE_DEFAULT, PAGE_MAX = 20, 100
"""Chat sessions in a page, unless the caller says, and at most: each is a few hundred bytes."""

# --- How long things live ---------------------------------------------------------------------------
UPSTREAM_SECONDS = 600
"""Life of an upstream chat session: its longest. One whose id never reached us is gone that soon."""
CODEX_SECONDS = 24 * 3600
"""Life of a codex session: a working day with its evening; the next one is one request away."""
CHAT_DAYS = 30
"""How long the record of a chat session and its events are kept after it ended, for audit."""
TOKEN_SECONDS = 600
"""Life of a token: as long as the upstream's client secrets. A front end refreshes; a thief does not."""
TOKEN_LEFT_SECONDS = 60
"""A client secret with less than this left is not handed out again: it would expire on its way into use."""

# --- Asking the upstream ----------------------------------------------------------------------------
OPEN_SECONDS = 8.0
"""To open one upstream session: API Gateway gives up after 29 s, and so do people, sooner."""
CANCEL_SECONDS = 5.0
"""To cancel one: the record is ended by then, and the sweep repeats what fails here."""
REQUESTS_PER_MINUTE = 30
"""What one upstream session may ask for in a minute: a message every two seconds, in bursts."""

# --- The sweep --------------------------------------------------------------------------------------
SHARDS = 8
"""Partitions of the index of active chat sessions: 8,000 new ones a second, eight queries a sweep."""
OPENING_SECONDS = 60
"""After this, opening has failed: a function lives for half of it at most."""
RETRY_SECONDS = 60
"""Between two tries of a cancel that the upstream did not take: the sweep's own pace."""
SWEEP_ROWS = 100
"""Due chat sessions that one sweep handles in each shard: what is left is handled a minute later."""
SWEEP_BUDGET_SECONDS = 45.0
"""A sweep stops in good order before the next begins."""

# --- Changing what others change too ----------------------------------------------------------------
RESERVE_TRIES = 8
"""Tries of a reservation that met another's transaction: every meeting means that somebody got further."""
RESERVE_PAUSE = 0.02
"""Before the next of those tries, doubled each time and spread: a transaction takes about as long."""
BUSY_RETRY_AFTER = 1
"""What a caller is told to wait when all of those tries met somebody."""

# --- The self-hosted server -------------------------------------------------------------------------
REQUEST_BYTES = 256 * 1024
"""Largest request to the self-hosted server: the longest message there is, and what quotes it."""
MESSAGE_CHARS = 32_000
"""Longest message of a person: about 8,000 tokens."""
TITLE_CHARS = 80
"""Longest title that a thread gives itself: one line of a list."""
TITLE_CHARS_MAX = 200
"""Longest title that a person may give it: twice that line."""
THREAD_ID_CHARS = 128
"""Longest id of a thread or an item that is looked up: ours have 48, and it becomes part of a key."""
THREAD_DAYS = 90
"""A thread is kept this long after its last change: people come back to a talk, not after a season."""
THREAD_PAGE_MAX = 100
"""Most threads or items in a page, whatever is asked for."""
MESSAGES_OF_USER, MESSAGES_OF_FLEET = "30/60", "6000/60"
"""Messages that a user may have answered in a minute, and everybody together: each costs a model's answer."""
HISTORY_ITEMS = 60
"""Items of a thread that an answer takes into account: thirty turns."""
