"""Every timeout, retry and limit of the sideband host, each with its reason. Seconds unless the name says."""

from __future__ import annotations

# --- Attaching to a call ----------------------------------------------------------------------------
ATTACH_FIRST = 0.1
"""First pause after a failed attach: a call that is just being born answers 404 for some 100 ms."""
ATTACH_LONGEST = 2.0
"""Longest pause while the upstream says 404: the pauses double up to here."""
ATTACH_PATIENCE = 15.0
"""How long 404 may mean "not yet": the slowest WebRTC handshakes seen took eight seconds."""
REATTACH_PATIENCE = 3.0
"""The same after a clean close: nearly always a hang-up, at times a rotation, which takes a second."""
HANG_UP_SEEN = 1.0
"""A 404 that comes sooner after a clean close explains it; later, the call may have gone on without us."""
REFUSED_PATIENCE = 60.0
"""How long every key may be refused: a key being rotated is back within a minute."""
TROUBLE_LONGEST = 15.0
"""Longest pause while the upstream is busy, broken or out of reach: it may last, so ask gently."""
RETRY_AFTER_LONGEST = 30.0
"""Longest `Retry-After` that is obeyed: a call lasts minutes, and words are being missed meanwhile."""
STABLE = 30.0
"""A connection that lived this long was sound: the next drop starts with short pauses again. Less would let
an upstream that accepts and hangs up be called hundreds of times a second."""
HANDSHAKES = 64
"""Handshakes at once: after a takeover thousands wait, and TLS takes a millisecond of our one core each."""
OPEN_TIMEOUT = 10.0
"""For one handshake: it takes a tenth of a second when all is well."""

# --- A connection -----------------------------------------------------------------------------------
PING = 20.0
"""Between pings, and for their answer: finds a dead path within 40 seconds."""
CLOSE_TIMEOUT = 1.0
"""For the upstream to answer our close: nothing of worth can follow it."""
FRAME_BYTES = 16 * 1024 * 1024
"""Largest frame: a retrieved user item carries its audio, about 64 kB a second; this is four minutes."""
TLS_BYTES = 16 * 1024
"""What asyncio reads of a TLS socket at once: one record. It keeps so much memory for each of them; with its
own 256 kB, four thousand calls would be a gigabyte."""
FRAMES_WAITING = 16
"""Frames read ahead of us per call; beyond it TCP holds the upstream back."""
BYTES_WAITING = 256 * 1024
"""The same in bytes; one frame may still follow. A table that refuses makes thousands of calls wait."""

# --- What a relayed call is pinned to ---------------------------------------------------------------
REASSERTS = 5
"""Corrections of a call's configuration within the window: a client that connects needs two."""
REASSERT_WINDOW = 60.0
"""Who changes it more often insists; then we stop, and the audit says so."""

# --- Retrieving what was missed ---------------------------------------------------------------------
RETRIEVE_GRACE = 1.0
"""An unknown predecessor may just be late: frames that overtake each other do so by milliseconds."""
RETRIEVE_TIMEOUT = 10.0
"""For the answer to one retrieve; a long utterance's audio needs its time."""
RETRIEVE_TRIES = 3
"""Retrieves of one item without an answer before it counts as lost: the answer itself may break the line."""
RETRIEVALS = 256
"""Items of one call that wait to be asked for; what is missing beyond them counts as lost at once. A break of
a minute leaves a dozen; more are a broken peer's, and each frame looks through them."""
RETRIEVES = 2
"""Retrieves at once per call: each answer may be megabytes of audio."""

# --- Writing the transcript -------------------------------------------------------------------------
SETTLED_DELAY = 0.3
"""From an item's end to its write: what belongs to the same moment rides along in one write unit."""
APPEARED_DELAY = 6.0
"""From an item's beginning to its write: nearly all are complete by then, and one write does for both. It
only helps whoever takes over from a killed host to ask for an item of which nobody tells any more."""
PAGE_BYTES = 900
"""JSON of a transcript page before a new one begins: with its keys one write unit of one kilobyte."""
TABLE_TRIES = 1
"""Tries of one request to the table in the SDK: it pauses for seconds, and holds a thread meanwhile."""
ASK_TRIES = 6
"""Tries of ours: of what a table refuses every other time, one in sixty fails."""
ASK_FIRST = 0.05
"""First pause between them."""
ASK_LONGEST = 0.8
"""Longest pause between them: all together they take two seconds."""
WRITES = 64
"""Writes at once per host. Five thousand calls have 900 a second; one takes the table 5 to 20 ms, and a busy
event loop as long again to notice: with half as many they would wait for each other."""
WRITE_FIRST = 0.1
"""First pause after a failed write, doubling with jitter; the SDK has retried by then."""
WRITE_LONGEST = 5.0
"""Longest pause between writes of one call: a table that heals is filled within seconds."""
WRITE_HURRIED = 0.5
"""The same once the call is over or the host is leaving: there is little time left."""
UNSAVED_BYTES = 512 * 1024
"""Unwritten words kept per call: ten hours of talk. Past it the oldest are given up and counted as lost."""
CLOSE_FLUSH = 300.0
"""How long a closed call's last words are kept for a table that refuses them: most throttles end sooner."""

# --- Telling who watches -----------------------------------------------------------------------------
LIVE_THREADS = 4
"""Threads for viewers: a message takes some milliseconds; a queue that hangs holds up other viewers only."""
LIVE_BEAT = 10.0
"""Without news, where the journal stands is told this often: the last message may have been lost."""
LIVE_SEND = 3.0
"""For one message; it is dropped then, for the next tells the viewer what they lack."""
LIVE_READ = 2.0
"""For SQS to answer, in one try."""
LIVE_PAGES = 32
"""Pages that wait for a viewer: minutes of talk; a viewer who lacks more reads the table."""
LIVE_WAKES = 5.0
"""How long a new mailbox may seem not to exist: SQS asks for one second."""
LIVE_PAUSE = 0.5
"""Before the next try then."""

# --- Ending a call ----------------------------------------------------------------------------------
LAST_FRAMES = 2.0
"""After a hang-up the upstream finishes its sentences and closes; what takes longer will not come."""
HANG_UP_FIRST = 1.0
"""First pause after a hang-up that failed, in which the client has tried twice: it doubles."""
HANG_UP_LONGEST = 15.0
"""Longest pause between them: the call goes on meanwhile."""
HANG_UP_PATIENCE = 300.0
"""How long a hang-up is repeated: most outages of the upstream are shorter; after it an alarm rings."""
HANDOVER = 30.0
"""For a call that another has replaced to be left by its browser: the new one connects within twenty seconds,
and the sentence under way may end on the old one. Then nobody means to leave it, and we hang up."""
CALL_LONGEST = 65 * 60.0
"""Hard limit of a call's age: the upstream ends calls after 60 minutes; the rest is time to be late."""
BOUNDS = 2.0
"""Between looks at what a call has used and how long it has been silent: so late is a hang-up."""
BOUNDS_STEP = 0.2
"""A share of them with every step: all five thousand would hold up what is heard for 20 ms."""
METER = 30.0
"""Between two writes of a call's usage, give or take a half, lest calls that began together crowd the loop
each time: what a killed host has not written is not billed."""
BILLED_KEPT = 512
"""Responses and transcriptions remembered as counted: repeats come within moments, if at all."""
MODELS_KEPT = 8
"""Models and ways in which they are used that a call's usage is told apart by: a session has two."""
EXPIRY_MARGIN = 60.0
"""A `going away` this close to the announced end of the session is that end."""

# --- Handing a call over ---------------------------------------------------------------------------
LATE = 15.0
"""Age at which a call that was never heard before may have said something: it is attached within two seconds,
and the clocks of two machines differ by less than the rest."""
LINGER = 5.0
"""How long a host that has let go of a call goes on listening and writing: another has attached by then."""
PARTING = 12.0
"""For the last words of a call that another host has or is to have, if the table is busy: that host waits for
them, but not for ever. One that leaves has no more time than `LEAVE`."""
TAKE_IN = 4.0
"""For taking the pages over, only to leave in them what was heard: two seconds of it are `OVERLAP`."""
OVERLAP = 2.0
"""From the new host's attach to its seal: by then the old one, or one that was thought dead, has written what
it heard before, even into a table that refuses every other write. Meanwhile the new one's frames wait."""
ENDING_OVERLAP = 4.0
"""The same before the seal of whoever takes a call over only to end it: there is no hurry."""

# --- Tools ------------------------------------------------------------------------------------------
TOOLS_OF_CALL = 4
"""Tools at once per call: a model asks for two or three things at a time."""
TOOLS_OF_HOST = 32
"""Tools at once per host, and threads for those that block: half a second each, this is sixty a second."""
TOOL_QUEUE = 5.0
"""How long a function call waits for its turn before the model is told that all is busy."""
TOOL_CALLS = 200
"""Function calls of one call: one every eighteen seconds of an hour. Who makes more has gone astray."""
TOOLS_MADE = 32
"""Whole function calls of responses whose end is not heard yet: one response makes a handful."""
RESPONSES_OPEN = 32
"""Responses outside the conversation that are under way: a page makes one or two."""
TOOL_ARGUMENTS = 32 * 1024
"""Bytes of arguments: a response has 4,096 tokens at most."""
TOOL_ANSWER = 256 * 1024
"""Bytes of an MCP server's or a function's answer that are read; a tool's own limit is told to the model."""
TOOL_ERROR_CHARS = 500
"""Of what an MCP tool says of its failure: it is meant for the model, and a traceback would not help it."""
TOOL_CONNECT = 3.0
"""To open a connection to a target: a healthy one takes a tenth of this."""
TOOL_LOOK = 0.5
"""Between looks at a function call that the host before us has promised to end."""
TOOL_GRACE = 2.0
"""How long after its time such a call is given up: the clocks of hosts differ by less."""
TOOL_LINGER = 5.0
"""How long a leaving host goes on with what it runs; what takes longer, nobody knows the outcome of."""
TOOL_PARTING = 1.0
"""To write down that a tool was cut off: the next host then need not wait for its time to be over."""
OTHERS_PATIENCE = 10.0
"""How long the model waits for the outputs of a browser's tools, called in the same breath as ours."""
RESPONSE_LONGEST = 60.0
"""After this a response whose end we have not heard is over: 4,096 tokens take less."""
SPEECH_LONGEST = 30.0
"""How long the model is not asked to go on while somebody speaks; their turn makes it go on anyway."""
TURN_GRACE = 1.0
"""After they stopped: the upstream makes a response of its own by then, if it is set to."""

# --- Leases -----------------------------------------------------------------------------------------
BEAT = 1.0
"""Between heartbeats: one write a second for the whole host."""
BEAT_READ = 2.0
"""For the table to answer a heartbeat: a later one is better than a late one."""
BEAT_TRIES = 1
"""Tries of one heartbeat in the SDK, for the same reason; after `PULSE_AGAIN` we try again."""
PULSE_AGAIN = 0.2
"""After a heartbeat or a look that failed: a few refused ones in a row must not look like a death."""
LEASE_TTL = 5.0
"""A host whose heartbeat stood still for this long is dead: four beats may fail; the design allows ten."""
LOOK = 1.0
"""Between looks at the other hosts."""
INHERIT = 0.25
"""Between looks for dead hosts among those seen; to find none costs nothing."""
INHERIT_LIST = 1.0
"""Between two readings of what a dead host still holds."""
INHERIT_BATCH = 10_000
"""Calls of a dead host read at once: more than any host holds. Each of the others takes its share of them."""
LOOK_CREDIT = 2.0
"""Most stillness that one look can prove: if we slept ourselves, the others may have slept with us."""
REMOVE_AFTER = 15.0
"""A dead host without calls is forgotten after this: its last claim may be late in the index."""
SWEEP = 1.0
"""Between sweeps of calls that nobody follows: half of what is said unheard when a host hands over."""
SWEEP_YOUNG = 1.0
"""A younger call's command is still on its way: to race with it would only cost writes that fail."""
SWEEP_BATCH = 512
"""Calls looked at in one sweep: a host's share of them is claimed within a second."""
TURN = 1.5
"""How long a waiting call is left to the host whose turn it is: by then that one has swept, or is full."""
RECONCILE = 30.0
"""Every followed call's session is read again this often, in case its command was lost."""

RECONCILE_STEP = 1.0
"""A share of them with every step, so that the table sees a steady trickle."""

# --- The process ------------------------------------------------------------------------------------
THREADS = 16
"""Threads for reads and claims, and as many for hang-ups and audits: each waits for the network most of the
time. A slow upstream must not hold up takeovers. With twice as many, calls were attached a third faster, but
writes were late by half as much again: threads take the interpreter from the event loop."""
SPARE_THREADS = 4
"""Threads for what nobody waits for: three hundred requests a second."""
PULSE_THREADS = 2
"""One to beat and one to look: neither waits for the other, nor for anything else."""
CAPACITY = 2000
"""Calls that a host follows unless told otherwise: one core and 2 GB carry them with room to spare."""
POLL = 3
"""Whole seconds of one long poll. A leaving host waits for its last one, and what a killed host's last one
takes with it is hidden for the queue's visibility timeout; half a dollar of requests a month."""
POLL_PAUSE = 0.05
"""Between polls, should a queue answer at once that it has nothing."""
COMMANDS = 10
"""Commands taken with one poll: the queue's own maximum."""
LEAVE = 18.0
"""From the signal to the exit: the platform kills after 30 s, and we promise 25."""
LEAVE_FLUSH = 10.0
"""Of which the writers may use this; unwritten words are retrieved by whoever takes the call over."""
LEAVE_TAKING = POLL + 2.0
"""For the last poll and what came with it; the calls are released meanwhile."""
LEAVE_HURRIED = 1.0
"""The same after a second signal."""
LEAVE_STEP = 0.02
"""Between looks at what is still to be released: nothing to notice for who waits."""
CRASH_PAUSE = 10.0
"""Before a call whose follow crashed is given back: a poisoned call must not spin through the hosts."""
DUTY_PAUSE = 2.0
"""Pause after a duty failed, such as a sweep of a throttled table."""
STUCK = 60.0
"""A heartbeat or a poll without an end for this long is stuck. Failing is not: during an outage of the table
a restarted host would forget what it keeps in memory."""
LOOP_STUCK = 5.0
"""An event loop that has not turned for this long is of no use to its calls."""
LOOP_TURN = 0.5
"""Between proofs that the event loop turns."""
COLLECT = 600.0
"""Between looks for garbage among all objects: with five thousand calls one takes 0.6 s, and finds a hundred.
Left to itself, Python looked as often as calls came, and one item in a hundred waited for it."""
COLLECT_YOUNG = 10_000
"""New objects that are looked through at once, in some 8 ms."""
COLLECT_MIDDLE = 10
"""Such looks before one at what they left, in some 80 ms: a thousand new calls make ten of them."""
HEALTH_BYTES = 8192
"""Of a request line and headers: a health check has some hundred."""
HEALTH_TIMEOUT = 3.0
"""For the health check's question."""
METRICS = 60.0
"""Between two lines of metrics: the resolution of the alarms."""
