"""What many calls take: hosts, write units, queue and dollars by arithmetic, and scaling as a simulation.

It rests on the figures of `bench.assumed`; `docs/scale.md` quotes the tables that this prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from bench.assumed import (
    BEAT_BYTES,
    CALL_CORE,
    CALL_KB,
    CAPACITY,
    CLAIM_UNITS,
    FIGURES,
    HANDSHAKES,
    HOST_MB,
    ITEMS_A_MINUTE,
    LEASE_S,
    METERED_A_MINUTE,
    MINUTES,
    PARTITION_READS,
    PARTITION_WRITES,
    POLLS_A_SECOND,
    RECONCILED_A_MINUTE,
    REQUESTS_A_CALL,
    SWEEP_UNITS,
    TARGET,
    UNITS_AN_ITEM,
    USD_GB_HOUR,
    USD_READ,
    USD_REQUEST,
    USD_VCPU_HOUR,
    USD_WRITE,
)
from bench.figures import table

SIZES = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Need:
    """What so many calls at once take, a second; `heart_reads` are those of the hosts' one partition."""

    hosts: int
    writes: float
    reads: float
    heart_reads: float
    requests: float
    partitions: int

    @property
    def usd_hour(self) -> float:
        """Dollars an hour."""
        a_second = self.writes * USD_WRITE + self.reads * USD_READ + self.requests * USD_REQUEST
        return self.hosts * (USD_VCPU_HOUR + 2 * USD_GB_HOUR) + 3600 * a_second / 1e6


def need(calls: int) -> Need:
    """Return what that many calls at once take."""
    hosts = max(2, ceil(calls / TARGET))
    begun = calls / (MINUTES * 60)
    spoken = calls / 60 * (ITEMS_A_MINUTE * UNITS_AN_ITEM + 2 * METERED_A_MINUTE)
    writes = spoken + begun * CLAIM_UNITS + hosts
    heart_reads = float(hosts * max(1, ceil(hosts * BEAT_BYTES / 4096)))
    reads = heart_reads + hosts * SWEEP_UNITS + calls / 60 * RECONCILED_A_MINUTE
    requests = begun * REQUESTS_A_CALL + hosts * POLLS_A_SECOND
    return Need(hosts, writes, reads, heart_reads, requests, ceil(writes / PARTITION_WRITES))


def breaks_at() -> int:
    """Return the calls at which the heartbeats' one partition is read more than a partition allows."""
    return next(
        calls for calls in range(10_000, 10_000_000, 1000) if need(calls).heart_reads > PARTITION_READS
    )


def takeover(calls: int, hosts: int) -> float:
    """Return the seconds from the death of one of so many hosts until the others have attached its calls."""
    return LEASE_S + calls / (hosts - 1) / HANDSHAKES


# --- Scaling, minute by minute ----------------------------------------------------------------------
BREACHES_OUT, BREACHES_IN = 3, 15
"""Minutes over or under the target before target tracking acts."""
COOLDOWN_OUT, COOLDOWN_IN = 1, 15
"""Minutes between two actions: the template's."""
START_MINUTES = 2
"""From the wish for a task to its first call: image, start, first beat."""
SCALE_IN_BELOW = 0.9
"""Target tracking takes hosts away under this share of the target."""


@dataclass(slots=True)
class Outcome:
    """What became of one course of load: calls that waited are those over all hosts' capacity."""

    most_hosts: int = 0
    most_a_host: float = 0.0
    waiting_minutes: int = 0
    most_waiting: float = 0.0
    host_minutes: int = 0
    ideal_minutes: int = 0
    moved: float = 0.0


def simulate(load: list[float]) -> Outcome:
    """Follow a course of load, calls at once by the minute, under the template's policy."""
    hosts, out = max(2, ceil(load[0] / TARGET)), Outcome()
    starting: list[tuple[int, int]] = []
    over = under = 0
    rested_out = rested_in = 0
    for minute, calls in enumerate(load):
        hosts += sum(count for due, count in starting if due == minute)
        starting = [(due, count) for due, count in starting if due > minute]
        a_host = calls / hosts
        wanted = max(2, ceil(calls / TARGET))
        coming = hosts + sum(count for _, count in starting)
        over = over + 1 if a_host > TARGET else 0
        under = under + 1 if a_host < TARGET * SCALE_IN_BELOW else 0
        if over >= BREACHES_OUT and minute >= rested_out and wanted > coming:
            starting.append((minute + START_MINUTES, wanted - coming))
            rested_out = minute + COOLDOWN_OUT
        elif under >= BREACHES_IN and minute >= rested_in and wanted < hosts and not starting:
            out.moved += calls * (hosts - wanted) / hosts
            hosts, rested_in = wanted, minute + COOLDOWN_IN
        waiting = max(0.0, calls - hosts * CAPACITY)
        out.waiting_minutes += waiting > 0
        out.most_waiting = max(out.most_waiting, waiting)
        out.most_hosts, out.most_a_host = max(out.most_hosts, hosts), max(out.most_a_host, a_host)
        out.host_minutes += hosts
        out.ideal_minutes += wanted
    return out


def ramp(low: float, high: float, minutes: int) -> list[float]:
    """Return an hour at `low`, a rise, two hours at `high`, the same way back, and an hour at `low`."""
    rise = [low + (high - low) * step / minutes for step in range(minutes)]
    return [low] * 60 + rise + [high] * 120 + rise[::-1] + [low] * 60


def run(*, quick: bool = False, only: str | None = None) -> None:
    """Print the tables; none takes long, so `quick` changes nothing."""
    print("\n\n".join(tables()))


def tables() -> list[str]:
    """Return every table: the figures, one host, many calls, and scaling."""
    ends = f"The hosts' one partition is read too much from {breaks_at():,} calls."
    return [_figures(), _host(), f"{_many()}\n\n{ends}", _courses()]


def _figures() -> str:
    return table(
        ["figure", "value", "from"],
        [[figure.name, f"{figure:,.4g}", figure.source] for figure in FIGURES],
        left=(0, 2),
    )


def _host() -> str:
    head = ["calls of one host", "of a core", "memory MB", "taken over by one s", "by nine s"]
    rows = []
    for calls in (1000, 2000, 5000):
        memory = HOST_MB + calls * CALL_KB / 1024
        after = (f"{takeover(calls, hosts):.0f}" for hosts in (2, 10))
        rows.append([f"{calls:,}", f"{calls * CALL_CORE:.2f}", f"{memory:.0f}", *after])
    return table(head, rows)


def _many() -> str:
    head = ["calls at once", "hosts", "writes/s", "partitions", "reads/s", "beats read/s", "queue/s", "USD/h"]
    head.append("USD/call h")
    rows = []
    for calls in SIZES:
        it = need(calls)
        figures = (it.hosts, it.writes, it.partitions, it.reads, it.heart_reads, it.requests, it.usd_hour)
        rows.append([f"{calls:,}", *(f"{value:,.0f}" for value in figures), f"{it.usd_hour / calls:.5f}"])
    return table(head, rows)


def _courses() -> str:
    head = ["load", "most hosts", "asked of one", "minutes waiting", "most waiting", "host hours", "moved"]
    rows = []
    for low, high, minutes in ((5e3, 1e4, 60), (5e3, 1e4, 10), (5e3, 2e4, 5), (1e5, 2e5, 30), (1e5, 4e5, 10)):
        out = simulate(ramp(low, high, minutes))
        name = f"{low:,.0f} to {high:,.0f} in {minutes} min"
        hours = f"{out.host_minutes / 60:,.0f} ({out.host_minutes / out.ideal_minutes:.2f} of ideal)"
        seen = (out.most_hosts, out.most_a_host, out.waiting_minutes, out.most_waiting)
        rows.append([name, *(f"{value:,.0f}" for value in seen), hours, f"{out.moved:,.0f}"])
    return table(head, rows)
