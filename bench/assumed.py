"""The figures that the arithmetic of scale rests on, each with where it is from."""

from __future__ import annotations


class Figure(float):
    """A number that says what it is and where it is from."""

    name: str
    source: str

    def __new__(cls, value: float, name: str, source: str) -> Figure:
        """Return the number with its name and source."""
        figure = super().__new__(cls, value)
        figure.name, figure.source = name, source
        return figure


PRICE = "AWS's price list, us-east-1"
LIMIT = "AWS's manual of DynamoDB"

# --- One call ---------------------------------------------------------------------------------------
ITEMS_A_MINUTE = Figure(8, "items a minute and call", "assumed: four turns, each an utterance and its reply")
UNITS_AN_ITEM = Figure(1.2, "write units an item", "measured: bench writes, 1.03 to 1.25")
METERED_A_MINUTE = Figure(
    2, "writes of usage a minute", "chosen: METER; each counts twice, for the index of work"
)
CLAIM_UNITS = Figure(10, "other write units of a call", "counted: attach, claim, note, close, and the index")
RECONCILED_A_MINUTE = Figure(
    2, "reads of a session's row a minute", "chosen: RECONCILE; a unit for up to 4 kB"
)
MINUTES = Figure(5, "minutes of a call", "assumed")
REQUESTS_A_CALL = Figure(6, "queue requests of a call", "counted: two commands, sent, received, deleted")

# --- One host ---------------------------------------------------------------------------------------
TARGET = Figure(1000, "calls of a host, aimed at", "chosen: SidebandTargetCalls")
CAPACITY = Figure(2000, "calls of a host, at most", "chosen: SidebandCapacity")
CALL_KB = Figure(75, "kB of a call", "measured: bench full_load, over TLS")
HOST_MB = Figure(60, "MB of a host without calls", "measured: bench full_load")
CALL_CORE = Figure(0.0002, "of a core for a call", "measured: bench full_load, on a slow core")
HANDSHAKES = Figure(385, "calls attached a second", "measured: bench full_load, 5,000 in 13 s, over TLS")
LEASE_S = Figure(6, "seconds until a death is known", "chosen: LEASE_TTL and a look")
BEAT_BYTES = Figure(150, "bytes of a heartbeat's row", "counted; each host reads all of them each second")
POLLS_A_SECOND = Figure(1 / 3, "polls of a host a second", "chosen: POLL")
SWEEP_UNITS = Figure(4, "read units of a host's sweeps a second", "counted: eight queries of half a unit")

# --- DynamoDB, and dollars --------------------------------------------------------------------------
PARTITION_WRITES = Figure(1000, "write units of a partition a second", LIMIT)
PARTITION_READS = Figure(3000, "read units of a partition a second", LIMIT)
USD_VCPU_HOUR = Figure(0.03238, "USD for a vCPU hour", f"{PRICE}, Fargate on ARM, seen 2026")
USD_GB_HOUR = Figure(0.00356, "USD for a GB hour", f"{PRICE}, Fargate on ARM, seen 2026")
USD_WRITE = Figure(0.625, "USD for a million write units", f"{PRICE}, on demand, since November 2024")
USD_READ = Figure(0.125, "USD for a million read units", f"{PRICE}, on demand, since November 2024")
USD_REQUEST = Figure(0.4, "USD for a million queue requests", f"{PRICE}, standard queue, seen 2026")

FIGURES = tuple(value for value in list(globals().values()) if isinstance(value, Figure))
