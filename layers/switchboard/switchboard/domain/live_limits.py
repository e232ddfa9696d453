"""Every limit of the live view, each with its reason. Seconds unless the name says otherwise."""

from __future__ import annotations

# --- Streams ------------------------------------------------------------------------------------------
STREAM_SECONDS = 300
"""Life of one stream. Whoever leaves unnoticed, as behind API Gateway, holds an execution until then; coming
back costs one read of the transcript."""
STREAM_PAUSE_MS = 1000
"""What a browser is told to wait before it comes back."""
VIEWERS_MAX = 8
"""Streams of one session: a page in some tabs, a colleague, a recorder; each is another message per item."""
VIEWERS_NETWORK = 40
"""Streams of all guests of one network: a school class, and far from all that there are. Whoever asks and
leaves at once holds one for its whole life."""
STREAMS_OF_A_PROCESS = 64
"""Streams that one process serves: one on Lambda, all of them here; each holds a thread and a connection."""
VIEWERS_RETRY_AFTER = 30
"""What a viewer too many is told to wait: a tenth of a stream's life."""
POSITION_CHARS = 4096
"""Longest id of an event: a page holds a dozen items; headers end at 10,240."""
VIEWER_CHARS = 12
"""Of a viewer's id, which every event carries: 48 bits tell the few viewers of a session apart."""

# --- Mailboxes ----------------------------------------------------------------------------------------
MESSAGE_BYTES = 200_000
"""Largest message: queues take 256 KB; the words of what is larger are read from the table."""
MAILBOX_SECONDS = 60
"""A message waits so long at most, SQS's own minimum: who does not take it within seconds is gone."""
MAILBOX_POLL_SECONDS = 5
"""Of one long poll: how late a stream may close. Messages do not wait for it."""
MAILBOX_WAKES_SECONDS = 10.0
"""How long a new queue may seem not to exist: SQS asks for one second."""
MAILBOX_PAUSE_SECONDS = 0.5
"""Between looks at a queue that seems not to exist, or that asks for fewer requests."""
MAILBOX_SPARE_SECONDS = 120
"""An abandoned mailbox is removed when it is so much older than a stream can be."""

# --- Silence ------------------------------------------------------------------------------------------
SILENCE_SECONDS = 25.0
"""Without a word of a call's host, which tells where it is every ten, for so long: it may not know of us."""
SILENCE_LONGEST_SECONDS = 100.0
"""Longest pause, doubling, between such reminders: a call without a host may stay without for long."""
