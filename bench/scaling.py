"""What many calls take: hosts, write units, queue and dollars by arithmetic, and scaling as a simulation.

It rests on the figures of `bench.assumed`; `docs/scale.md` quotes the tables that this prints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from operator import itemgetter

from bench import assumed as of
from bench.figures import table

SIZES = (10_000, 100_000, 1_000_000)
HOST_SIZES = (1000, 2000, 5000)
COURSES = ((5e3, 1e4, 60), (5e3, 1e4, 10), (5e3, 2e4, 5), (1e5, 2e5, 30), (1e5, 4e5, 10))
"""Calls at once before and after a rise, and its minutes."""


@dataclass(frozen=True, slots=True)
class Need:
    """What so many calls at once take, a second; `heart_reads` are those of the hosts' one partition."""

    hosts: int
    begun: float
    words: float
    usage: float
    beginnings: float
    reads: float
    heart_reads: float
    requests: float

    @property
    def writes(self) -> float:
        """Write units, with one for each host's heartbeat."""
        return self.words + self.usage + self.beginnings + self.hosts

    @property
    def partitions(self) -> int:
        """Partitions that the writes need."""
        return ceil(self.writes / of.PARTITION_WRITES)

    @property
    def costs(self) -> dict[str, float]:
        """Dollars an hour, by what they are for."""
        execution = of.USD_LAMBDA + of.LAMBDA_S * of.USD_GB_S
        millions = {
            "hosts": 0.0,
            "words": self.words * of.USD_WRITE,
            "usage": self.usage * of.USD_WRITE,
            "beginnings and ends": (self.beginnings + self.hosts) * of.USD_WRITE,
            "API and its functions": self.begun * of.API_REQUESTS * (of.USD_API + execution),
            "reads": self.reads * of.USD_READ,
            "queue": self.requests * of.USD_REQUEST,
        }
        costs = {name: 3600 * a_second / 1e6 for name, a_second in millions.items()}
        return {**costs, "hosts": self.hosts * (of.USD_VCPU_HOUR + of.HOST_GB * of.USD_GB_HOUR)}

    @property
    def usd_hour(self) -> float:
        """Dollars an hour."""
        return sum(self.costs.values())


def need(calls: int) -> Need:
    """Return what that many calls at once take."""
    hosts = max(int(of.MIN_HOSTS), ceil(calls / of.TARGET))
    begun = calls / (of.MINUTES * 60)
    heart_reads = float(hosts * max(1, ceil(hosts * of.BEAT_BYTES / 4096)))
    reads = heart_reads + hosts * of.SWEEP_UNITS + calls / 60 * of.RECONCILED_A_MINUTE
    return Need(
        hosts,
        begun,
        calls / 60 * of.ITEMS_A_MINUTE * of.UNITS_AN_ITEM,
        calls / 60 * 2 * of.METERED_A_MINUTE,
        begun * of.BEGIN_UNITS,
        reads + begun * of.BEGIN_READS,
        heart_reads,
        begun * of.QUEUE_REQUESTS + hosts * of.POLLS_A_SECOND,
    )


def first(too_much: Callable[[Need], bool]) -> int:
    """Return from how many calls at once, in thousands, something is too much."""
    return next(calls for calls in range(1000, 10_000_000, 1000) if too_much(need(calls)))


def takeover(calls: int, hosts: int) -> float:
    """Return the seconds from the death of one of so many hosts until the others have attached its calls."""
    return of.LEASE_S + calls / (hosts - 1) / of.HANDSHAKES


# --- Scaling, minute by minute ----------------------------------------------------------------------
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
    least = int(of.MIN_HOSTS)
    hosts, out = max(least, ceil(load[0] / of.TARGET)), Outcome()
    starting: list[tuple[float, int]] = []
    over = under = 0
    rested_out = rested_in = 0.0
    for minute, calls in enumerate(load):
        hosts += sum(count for due, count in starting if due == minute)
        starting = [(due, count) for due, count in starting if due > minute]
        a_host = calls / hosts
        wanted = max(least, ceil(calls / of.TARGET))
        coming = hosts + sum(count for _, count in starting)
        over = over + 1 if a_host > of.TARGET else 0
        under = under + 1 if a_host < of.TARGET * of.SCALE_IN_BELOW else 0
        if over >= of.BREACHES_OUT and minute >= rested_out and wanted > coming:
            starting.append((minute + of.START_MINUTES, wanted - coming))
            rested_out = minute + of.COOLDOWN_OUT
        elif under >= of.BREACHES_IN and minute >= rested_in and wanted < hosts and not starting:
            out.moved += calls * (hosts - wanted) / hosts
            hosts, rested_in = wanted, minute + of.COOLDOWN_IN
        waiting = max(0.0, calls - hosts * of.CAPACITY)
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
    """Return every table: the figures, one host, many calls, their cost, where it breaks, and scaling."""
    return [_figures(), _host(), _many(), _costs(), _besides(), _breaks(), _courses()]


def _figures() -> str:
    return table(
        ["figure", "value", "from"],
        [[figure.name, f"{figure:,.4g}", figure.source] for figure in of.FIGURES],
        left=(0, 2),
    )


def _host() -> str:
    head = ["calls of one host", "of a core", "memory MB", "taken over by one s", "by nine s"]
    rows = []
    for calls in HOST_SIZES:
        memory = of.HOST_MB + calls * of.CALL_KB / 1024
        after = (f"{takeover(calls, hosts):.0f}" for hosts in (2, 10))
        rows.append([f"{calls:,}", f"{calls * of.CALL_CORE:.2f}", f"{memory:.0f}", *after])
    return table(head, rows)


def _many() -> str:
    head = [
        "calls at once",
        "hosts",
        "begun/s",
        "writes/s",
        "partitions",
        "reads/s",
        "beats read/s",
        "queue/s",
    ]
    rows = []
    for calls in SIZES:
        it = need(calls)
        figures = (it.hosts, it.begun, it.writes, it.partitions, it.reads, it.heart_reads, it.requests)
        money = (f"{it.usd_hour:,.0f}", f"{it.usd_hour / calls:.5f}")
        rows.append([f"{calls:,}", *(f"{value:,.0f}" for value in figures), *money])
    return table([*head, "USD/h", "USD/call h"], rows)


def _costs() -> str:
    costs = [need(calls).costs for calls in SIZES]
    head = ["USD an hour for", *(f"{calls:,} calls" for calls in SIZES), "share"]
    rows = [
        [name, *(f"{cost[name]:,.2f}" for cost in costs), f"{costs[-1][name] / sum(costs[-1].values()):.0%}"]
        for name in costs[0]
    ]
    return table(head, rows)


def _besides() -> str:
    stream = of.VIEWER_GB * 3600 * of.USD_GB_S + of.VIEWER_REQUESTS * of.USD_REQUEST
    tool = of.TOOL_UNITS * of.USD_WRITE + 2 * of.UNITS_AN_ITEM * of.USD_WRITE
    moved = of.LEASE_UNITS * of.USD_WRITE
    rows = [
        ["10,000 viewers of the live view, for an hour", f"{stream / 100:,.2f}"],
        ["a million function calls that hosts run, their two items with them", f"{tool:,.2f}"],
        ["a million calls moved to another host", f"{moved:,.2f}"],
    ]
    return table(["what comes on top", "USD"], rows)


def _breaks() -> str:
    begun = 60 * of.MINUTES
    rows = [
        (of.QUOTA_FLEET / 3600 * begun, "QuotaFleet: sessions opened by everybody", "the parameter"),
        (of.CALLS_FLEET, "CallsFleet: calls of everybody at once", "the parameter"),
        (of.MAX_HOSTS * of.TARGET, "SidebandMaxHosts", "the parameter, and the account's quota of Fargate"),
        (of.API_RATE / of.API_REQUESTS * begun, "the API's throttle", "ApiRateLimit"),
        (
            first(_writes_too_much),
            "the table's quota of writes",
            "ask for more, and warm the table before a launch",
        ),
        (of.PARTITION_WRITES / 2 * begun, "the one row of QuotaFleet", "cells"),
        (of.EXECUTIONS / of.API_REQUESTS / of.LAMBDA_S * begun, "executions of Lambda", "ask for more"),
        (
            first(_beats_too_much),
            "reads of the one partition of heartbeats",
            "a longer LOOK, more calls a host, then cells",
        ),
    ]
    ordered = sorted(rows, key=itemgetter(0))
    return table(
        ["calls at once", "what is full", "what to turn"],
        [[f"{calls:,.0f}", *told] for calls, *told in ordered],
        left=(1, 2),
    )


def _beats_too_much(it: Need) -> bool:
    return it.heart_reads > of.PARTITION_READS


def _writes_too_much(it: Need) -> bool:
    return it.writes > of.TABLE_WRITES


def _courses() -> str:
    head = ["load", "most hosts", "asked of one", "minutes waiting", "most waiting", "host hours", "moved"]
    rows = []
    for low, high, minutes in COURSES:
        out = simulate(ramp(low, high, minutes))
        name = f"{low:,.0f} to {high:,.0f} in {minutes} min"
        hours = f"{out.host_minutes / 60:,.0f} ({out.host_minutes / out.ideal_minutes:.2f} of ideal)"
        seen = (out.most_hosts, out.most_a_host, out.waiting_minutes, out.most_waiting)
        rows.append([name, *(f"{value:,.0f}" for value in seen), hours, f"{out.moved:,.0f}"])
    return table(head, rows)
