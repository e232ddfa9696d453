"""The figures that the arithmetic of scale rests on, each with where it is from."""

from __future__ import annotations


class Figure(float):
    """A number that says what it is and where it is from.

    A source begins with one word: `assumed` of how people talk, `chosen` for a setting or a constant of ours,
    `measured` by a benchmark, `counted` in the code, or the name of who published it.
    """

    name: str
    source: str

    def __new__(cls, value: float, name: str, source: str) -> Figure:
        """Return the number with its name and source."""
        figure = super().__new__(cls, value)
        figure.name, figure.source = name, source
        return figure


PRICE = "AWS's price list, us-east-1"
LIMIT = "AWS's manual of DynamoDB"
FULL_LOAD = "measured: bench full_load"
TRACKING = "AWS's manual of target tracking"

# --- One call ---------------------------------------------------------------------------------------
MINUTES = Figure(5, "minutes of a call", "assumed")
ITEMS_A_MINUTE = Figure(8, "items a minute and call", "assumed: four turns, each an utterance and its reply")
UNITS_AN_ITEM = Figure(1.2, "write units an item", "measured: bench writes, 1.03 to 1.25")
METERED_A_MINUTE = Figure(2, "writes of usage a minute", "chosen: METER; two units each, one for an index")
RECONCILED_A_MINUTE = Figure(2, "reads of a session's row a minute", "chosen: RECONCILE; a unit for 4 kB")

# --- A call's beginning and end, as a guest's in relay mode: write units ----------------------------
SESSION_UNITS = Figure(9, "to open a session", "counted: its row in a transaction, with instructions 4 kB")
QUOTA_UNITS = Figure(5, "for quotas", "counted: guest 1; network and fleet 2, as they are rarely full")
TICKET_UNITS = Figure(2, "for its ticket", "counted: made, spent")
PLACE_UNITS = Figure(9, "for places", "counted: taken, settled, left, of guest, network and fleet")
ATTACH_UNITS = Figure(
    13, "to attach", "counted: session, call and the call's name in a transaction; an index"
)
LEASE_UNITS = Figure(7, "for the lease", "counted: claim, note and close, each with its index")
END_UNITS = Figure(7, "to end a session", "counted: its row, an index, two notes of the audit")
BEGIN_READS = Figure(50, "read units of them", "counted: a third looks for free places, a third for the host")
API_REQUESTS = Figure(3, "requests to the API", "counted: session, call, end")
LAMBDA_S = Figure(0.5, "seconds of each", "assumed: nearly all is the upstream's time")
QUEUE_REQUESTS = Figure(6, "queue requests of a call", "counted: two commands, sent, received, deleted")

# --- One host ---------------------------------------------------------------------------------------
TARGET = Figure(1000, "calls of a host, aimed at", "chosen: SidebandTargetCalls")
CAPACITY = Figure(2000, "calls of a host, at most", "chosen: SidebandCapacity")
HOST_GB = Figure(2, "GB of a host, with one vCPU", "chosen: the task's Memory and Cpu")
CALL_KB = Figure(75, "kB of a call", f"{FULL_LOAD}, over TLS")
HOST_MB = Figure(70, "MB of a host without calls", FULL_LOAD)
CALL_CORE = Figure(0.00018, "of a core for a call", f"{FULL_LOAD}, over TLS, on a slow core")
HANDSHAKES = Figure(330, "calls attached a second", f"{FULL_LOAD}, over TLS")
LEASE_S = Figure(6, "seconds until a death is known", "chosen: LEASE_TTL and a LOOK")
BEAT_BYTES = Figure(150, "bytes of a heartbeat's row", "counted; each host reads all of them with every LOOK")
POLLS_A_SECOND = Figure(1 / 3, "polls of a host a second", "chosen: POLL")
SWEEP_UNITS = Figure(4, "read units of a host's sweeps a second", "chosen: PENDING_SHARDS, half a unit each")

# --- Scaling ----------------------------------------------------------------------------------------
MIN_HOSTS = Figure(2, "hosts at least", "chosen: SidebandMinHosts")
BREACHES_OUT = Figure(3, "minutes over the target before hosts come", TRACKING)
BREACHES_IN = Figure(15, "minutes under it before hosts go", TRACKING)
SCALE_IN_BELOW = Figure(0.9, "of the target: under it hosts go", TRACKING)
COOLDOWN_OUT = Figure(1, "minutes between two scalings out", "chosen: ScaleOutCooldown")
COOLDOWN_IN = Figure(15, "minutes between two scalings in", "chosen: ScaleInCooldown")
START_MINUTES = Figure(
    2, "minutes from the wish for a host to its calls", "assumed: image, start, first beat"
)

# --- What an operator has allowed -------------------------------------------------------------------
MAX_HOSTS = Figure(20, "hosts at most", "chosen: SidebandMaxHosts")
QUOTA_FLEET = Figure(6000, "sessions opened by everybody an hour", "chosen: QuotaFleet")
CALLS_FLEET = Figure(5000, "calls of everybody at once", "chosen: CallsFleet")
API_RATE = Figure(200, "requests to the API a second", "chosen: ApiRateLimit")

# --- What else there may be -------------------------------------------------------------------------
VIEWER_GB = Figure(0.5, "GB of a viewer's stream", "chosen: the stream's MemorySize")
VIEWER_REQUESTS = Figure(2160, "queue requests of a viewer an hour", "counted: messages and polls of 5 s")
TOOL_UNITS = Figure(6, "write units of a function call", "counted: a claim in a transaction, and its outcome")

# --- DynamoDB, and dollars --------------------------------------------------------------------------
PARTITION_WRITES = Figure(1000, "write units of a partition a second", LIMIT)
PARTITION_READS = Figure(3000, "read units of a partition a second", LIMIT)
TABLE_WRITES = Figure(40_000, "write units of a table a second", f"{LIMIT}, the quota to begin with")
EXECUTIONS = Figure(1000, "executions of Lambda at once", "AWS's manual of Lambda, the quota to begin with")
USD_VCPU_HOUR = Figure(0.03238, "USD for a vCPU hour", f"{PRICE}, Fargate on ARM, seen 2026")
USD_GB_HOUR = Figure(0.00356, "USD for a GB hour", f"{PRICE}, Fargate on ARM, seen 2026")
USD_WRITE = Figure(0.625, "USD for a million write units", f"{PRICE}, on demand, since November 2024")
USD_READ = Figure(0.125, "USD for a million read units", f"{PRICE}, on demand, since November 2024")
USD_REQUEST = Figure(0.4, "USD for a million queue requests", f"{PRICE}, standard queue, seen 2026")
USD_API = Figure(3.5, "USD for a million API requests", f"{PRICE}, REST, seen 2026")
USD_LAMBDA = Figure(0.2, "USD for a million executions", f"{PRICE}, Lambda, seen 2026")
USD_GB_S = Figure(13.3334, "USD for a million GB seconds", f"{PRICE}, Lambda on ARM, seen 2026")

FIGURES = tuple(value for value in list(globals().values()) if isinstance(value, Figure))

BEGIN_UNITS = sum(
    (SESSION_UNITS, QUOTA_UNITS, TICKET_UNITS, PLACE_UNITS, ATTACH_UNITS, LEASE_UNITS, END_UNITS)
)
"""Write units of a call besides its words and its usage."""
