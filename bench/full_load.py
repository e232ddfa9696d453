"""A full host: thousands of calls that talk at an ordinary pace, followed on one core, over TLS.

It is a whole host with all its duties: it finds the calls in a table, which is another process and takes 5 to
20 ms for an answer, and meters, checks and writes them there. Upstream and table have the other cores. CPU is
the share of one core; `durable` is from the upstream's sending of an item's last words until the table has
them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from subprocess import Popen
from tempfile import TemporaryDirectory

from bench.certificate import certificate
from bench.figures import table, verdict
from bench.processes import ask, expect, line, running, say

MEMORY_MB = 1024
DURABLE_MS = 1000
MORE_MEMORY = 1.5
"""Times the bare loop's memory for a call."""
FULL, QUICK = 5000, 1000
BUSY = 0.05
"""Requests a second and call above which a host has more to do than to check on calls that are silent."""
SETTLE_S, SETTLE_LOOKS = 2.0, 90


@dataclass(frozen=True, slots=True)
class Variant:
    """What listens, and to which kind of sockets."""

    name: str
    kind: str
    encrypted: bool


VARIANTS = (
    Variant("bare loop", "hear_bare", True),
    Variant("host", "hear_host", True),
    Variant("bare loop, no TLS", "hear_bare", False),
    Variant("host, no TLS", "hear_host", False),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one variant came to: seconds, kilobytes a call, megabytes, shares of a core, milliseconds."""

    attached_s: float
    memory_kb: float
    memory_mb: float
    core: float
    frames: float
    loop_ms: float
    late_ms: float
    pages: float
    requests: float
    durable_ms: float
    failed: float

    @property
    def meets_the_aims(self) -> bool:
        """True for a host that does all of its work in time, in its memory, on its core."""
        in_time = self.durable_ms <= DURABLE_MS and not self.failed
        return in_time and self.memory_mb <= MEMORY_MB and self.core <= 1.0


def run(*, quick: bool = False, only: str | None = None) -> bool:
    """Measure one variant after the other, print a table; return whether the aims are met."""
    calls, turns = (QUICK, 3) if quick else (FULL, 5)
    rows, met, bare = [], True, {False: math.nan, True: math.nan}
    for variant in VARIANTS:
        if only and only not in variant.name:
            continue
        found = measure(variant, calls, turns)
        if variant.kind == "hear_bare":
            bare[variant.encrypted] = found.memory_kb
            rows.append([variant.name, *_cells(found), "", "", "", "", f"{found.late_ms:.0f}"])
            continue
        more = found.memory_kb / bare[variant.encrypted]
        aim = (
            math.inf if quick else MORE_MEMORY
        )  # what a process takes besides weighs much where calls are few
        met = met and found.meets_the_aims and not more > aim
        rows.append([variant.name, *_cells(found), *_host_cells(found, more, aim), f"{found.late_ms:.0f}"])
    print(f"{calls:,} calls at once, each four turns a minute, on one core and 1 GiB\n")
    head = ["who listens", "attached s", "kB a call", "GiB", "frames/s", "core", "loop p99 ms"]
    head += ["memory", "pages/s", "requests/s", "durable p99 s", "upstream late ms"]
    print(table(head, rows) + "\n")
    return met


def _cells(found: Found) -> list[str]:
    return [
        f"{found.attached_s:.0f}",
        f"{found.memory_kb:.0f}",
        verdict(found.memory_mb / MEMORY_MB, 1.0),
        f"{found.frames:,.0f}",
        verdict(found.core, 1.0),
        f"{found.loop_ms:.0f}",
    ]


def _host_cells(found: Found, more: float, aim: float) -> list[str]:
    return [
        f"{more:.2f}" if math.isnan(more) else verdict(more, aim),
        f"{found.pages:.0f}",
        f"{found.requests:.0f}",
        verdict(found.durable_ms / 1000, DURABLE_MS / 1000),
    ]


def measure(variant: Variant, calls: int, turns: int) -> Found:
    """Let that many calls talk for some turns; measure from when all have begun until the first has ended."""
    with ExitStack() as stack:
        pem, trusted = stack.enter_context(_trust(variant.encrypted))
        upstream = stack.enter_context(running("bench.crowd", str(calls), str(turns), pem))
        scheme = "https" if variant.encrypted else "http"
        url = f"{scheme}://localhost:{line(upstream)}"
        far = stack.enter_context(running("bench.far_table", str(calls)))
        arguments = (variant.kind, url, str(calls), line(far))
        listener = stack.enter_context(running("bench.listener", *arguments, environment=trusted))
        empty, started = ask(listener), time.monotonic()
        expect(upstream, "ready")
        attached = time.monotonic() - started
        _settle(far, calls)
        say(upstream)
        expect(upstream, "steady")
        stored = ask(far)
        begun, since = ask(listener, "light"), time.monotonic()
        _, late, frames = line(upstream).split()
        ended, seconds = ask(listener, "light"), time.monotonic() - since
        durable = ask(far)
        full = ask(listener)
    return Found(
        attached,
        (full["bytes"] - empty["bytes"]) / calls / 1024,
        max(ended["bytes"], full["bytes"]) / 2**20,
        (ended["cpu"] - begun["cpu"]) / seconds,
        float(frames),
        ended["loop_ms"],
        float(late),
        (durable["pages"] - stored["pages"]) / seconds,
        (durable["requests"] - stored["requests"]) / seconds,
        durable["durable_ms"],
        ended.get("lost", 0) + ended.get("retries", 0),
    )


def _settle(far: Popen[str], calls: int) -> None:
    """Wait until what is left to be stored of thousands of calls that began at once is stored."""
    requests = ask(far)["requests"]
    for _ in range(SETTLE_LOOKS):
        time.sleep(SETTLE_S)
        before, requests = requests, ask(far)["requests"]
        if requests - before < BUSY * calls * SETTLE_S:
            return
    raise RuntimeError("the host does not come to rest")


@contextmanager
def _trust(encrypted: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the file of a fresh certificate, `-` for none, and the environment of whoever is to trust it."""
    if not encrypted:
        yield "-", {}
        return
    with TemporaryDirectory() as folder:
        file = certificate(folder)
        yield file, {"SSL_CERT_FILE": file}
