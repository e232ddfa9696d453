"""Every bound, timeout and default pace of the simulator, each with its reason."""

SECRET_SECONDS_MIN = 10  # upstream's own bounds for `expires_after.seconds`
SECRET_SECONDS_MAX = 7200
SECRET_SECONDS_DEFAULT = 600
CHAT_SECONDS_MAX = 600  # upstream's bound, and its default, for a ChatKit session

CALL_SECONDS = 3600.0  # upstream ends every session after an hour

MAX_LIVE_CALLS = 20_000  # a load test's worth; beyond it calls are refused with 503
MAX_ENDED_CALLS = 2_000  # kept so that a test may compare the truth after the hang-up
MAX_CHATS = 5_000  # ChatKit sessions; they live ten minutes at most
MAX_SECRETS = 20_000  # one per live call; the oldest leaves first
MAX_REQUESTS = 1_000  # the request log forgets the oldest
MAX_LOGGED_BODY = 16_384  # bytes of a JSON body shown in the request log
MAX_FAULTS = 1_000  # a runaway test should be told, not remembered
MAX_SCRIPTS = 200
MAX_ANSWERS = 1_000  # answer rules posted through the control API
MAX_ITEMS = 5_000  # conversation items of one call; an hour of talk has some hundreds
MAX_QUEUED_FRAMES = 20_000  # frames waiting for one slow reader before its socket is cut
MAX_BODY = 8 * 1024 * 1024  # bytes of an HTTP request: an SDP offer or a long prompt with room to spare
MAX_FRAME = 16 * 1024 * 1024  # upstream takes 15 MiB of audio in one client event
MAX_EMBEDDING_INPUTS = 2_048  # upstream's own bound
MAX_SCHEMA_DEPTH = 12  # recursive schemas end here

HANG_SECONDS = 600.0  # a hung answer outlasts every sane client timeout
REORDER_HOLD_SECONDS = 1.0  # a frame held back to be overtaken is sent anyway if nothing follows it
CLOSE_SECONDS = 2.0  # how long we wait for a peer's half of the closing handshake
SHUTDOWN_SECONDS = 2.0  # open requests get this long when the simulator stops

WORD_SECONDS = 0.33  # how long a spoken word lasts: about 180 words a minute
TOKEN_SECONDS = 0.02  # how fast the model writes: well ahead of its own voice
TRANSCRIPTION_SECONDS = 0.4  # from the end of speech to the completed transcript
THINKING_SECONDS = 0.15  # from the end of the user's turn to the first word of the answer
TOOL_WAIT_SECONDS = 15.0  # a script waits this long for a client to answer a tool call
AUDIO_BYTES_PER_MS = 48  # PCM16 mono at 24 kHz
