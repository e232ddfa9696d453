"""The table at the end: harm done, what became of the transcripts, and how long calls waited."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from dev.chaos import limits
from dev.chaos.reading import Reading
from dev.chaos.takeovers import Takeovers, Waits
from dev.chaos.tally import Tally

Row = tuple[str, object]


def rows(
    harm: Mapping[str, int], tally: Tally, reading: Reading, takeovers: Takeovers, busy: str
) -> list[Row]:
    """Return what to print, a name and a value each."""
    return [
        ("-- harm done", ""),
        *((name, count) for name, count in sorted(harm.items()) if count),
        ("hosts' clocks wrong by, seconds", _span(list(takeovers.skews.values()))),
        ("-- what hosts have written down", ""),
        ("calls", tally.calls),
        ("calls with every word", tally.whole),
        ("items said", tally.expected),
        ("items that a host heard and lived to write", tally.heard),
        ("items found, word for word", tally.found),
        ("items there, marked as lacking words", tally.marked),
        ("items in a gap that shows", tally.in_gaps),
        ("items heard and lost", tally.lost_heard),
        ("items lost where nothing shows it", tally.lost_unseen),
        ("items with other words", tally.mangled),
        ("items doubled or invented", tally.doubled),
        ("items out of order", tally.disordered),
        ("items beside a gap, their place unknown", tally.adrift),
        ("gaps shown", tally.gaps),
        ("of which nothing was said in", tally.idle_gaps),
        ("-- what is read, gaps filled from the browsers' logs", ""),
        ("transcripts that equal their script", f"{reading.equal} of {reading.calls}"),
        ("items read, word for word", f"{reading.found} of {reading.expected}"),
        ("of which only a browser tells", reading.browsers),
        ("items lost", reading.missing),
        ("items that broke off, as hosts heard them", reading.halved),
        ("items with other words", reading.mangled),
        ("items doubled or invented", reading.doubled),
        ("items out of order", reading.disordered),
        ("items elsewhere, a gap on either side", reading.adrift),
        ("gaps that remain, empty", reading.gaps),
        *_waits("SIGKILL", takeovers.killed, limits.TAKEOVER_PROMISED),
        *_waits("SIGTERM", takeovers.asked, limits.HANDOVER_PROMISED),
        ("-- the machine", ""),
        ("its processors in use", busy),
        ("hosts' event loops late by, ms: median, longest", _late(takeovers.lags)),
    ]


def failures(
    harm: Mapping[str, int], tally: Tally, reading: Reading, takeovers: Takeovers, skews: Mapping[str, float]
) -> list[str]:
    """Return everything that must not be; empty if all is well."""
    found = [*tally.failures, *reading.wrong]
    for name in ("calls not closed in time", "hosts that did not leave in time"):
        if harm.get(name):
            found.append(f"{harm[name]} {name}")
    for host, seen in takeovers.skews.items():
        if abs(seen - skews[host]) > limits.SKEW_SEEN:
            found.append(f"the clock of {host} is {seen:+.1f} s ahead instead of {skews[host]:+.1f} s")
    if not takeovers.skews:
        found.append("no host told its time: nothing is proved of wrong clocks")
    return found


def _waits(signal: str, waits: Waits, promised: float) -> list[Row]:
    head: list[Row] = [
        (f"-- until another host listens, after {signal}", ""),
        ("calls that another host took on", len(waits.heard)),
        ("calls that were over before", waits.ended),
        ("calls that wait still", len(waits.since)),
    ]
    if not waits.heard:
        return head
    within = sum(each <= promised for each in waits.heard) / len(waits.heard)
    return [
        *head,
        ("seconds to the lease: median, longest", _median(waits.claimed)),
        ("seconds to listening: median, longest", _median(waits.heard)),
        (f"within the promised {promised:.0f} s", f"{within:.0%}"),
    ]


def _median(seconds: list[float]) -> str:
    return f"{median(seconds):.1f}, {max(seconds):.1f}" if seconds else "-"


def _late(milliseconds: list[int]) -> str:
    return f"{median(milliseconds):.0f}, {max(milliseconds)}" if milliseconds else "-"


def _span(seconds: list[float]) -> str:
    return f"{min(seconds):+.1f} to {max(seconds):+.1f}" if seconds else "-"
