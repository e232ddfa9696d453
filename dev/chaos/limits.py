"""How much chaos, and for how long, each with its reason. Seconds unless the name says."""

SPEED = 1.0
"""Simulated seconds per real one: as people talk, so that what a takeover misses is what it would miss."""
SCRIPTS = 50
"""Different conversations; the simulator keeps 200."""
LIVE_AFTER = 0.4
"""A new call answers 404 for so long: every first attach meets the race."""
KILL_EVERY = (8.0, 16.0)
"""Between two kills: about as long as a takeover takes, so that some meet the next."""
DEPLOY_EVERY = (12.0, 18.0)
"""Between two hosts that are told to leave, each replaced before: a rolling deploy."""
SKEW = 5.0
"""The most by which a host's wall clock is ahead or behind: nobody's time server is that bad."""
SKEW_SEEN = 1.0
"""How exactly a host's clock must show the skew that it was given: a line takes a moment to arrive."""
DROP_EVERY = 0.5
"""Between two connections cut by the upstream."""
HINT_LONGEST = 4.0
"""The longest that a command is late in the queue."""
HINT_LOST = 0.1
"""The share of commands that never come."""
STORM = 3.0
"""How long the table is busy at a time."""
STORM_EVERY = 9.0
"""Between the beginnings of two such times."""
STORM_REFUSED = 0.5
"""The share of requests that a busy table refuses."""
CALM_REFUSED = 0.02
"""The same at other times."""
ANSWERS_LOST = 0.01
"""The share of requests that are carried out and never answered."""
ATTACH_REFUSED = 0.05
"""The share of handshakes answered with 404, and the same with 503."""
FRAMES_SPOILT = 0.01
"""The share of frames that come twice, and the same for frames that overtake each other."""
TAKEOVER_PROMISED = 15.0
"""From SIGKILL until another host listens."""
HANDOVER_PROMISED = 2.0
"""From SIGTERM until another host listens, while the old one listens on."""
LEAVE_PROMISED = 25.0
"""From SIGTERM until the process has ended."""
DURABLE_WITHIN = 10.0
"""What was heard so long before a host is killed is in the table: a third of a second if all is well, and a
busy table refuses half of the requests for three."""
ON_ITS_WAY = 1.5
"""What was said so shortly before a connection is cut may not have arrived; swapped frames wait a second."""
SIDE_BY_SIDE = 0.5
"""So long two listeners of one call both count: the newer takes the pages over only after two seconds."""
AFTERWARDS = 100.0
"""For the last calls to end and be written, once no new harm is done."""
PROGRESS_EVERY = 5.0
"""Between two lines of progress."""
ASKED = 10
"""Calls at most that the table is asked about while waiting for the last."""
PARALLEL = 8
"""Requests of the storm's own to table and queue at once."""
LAG_STEP = 0.05
"""Between two looks of a host at how late its event loop is."""
LAG_TOLD_EVERY = 2.0
"""Between two lines with the latest that it was."""
