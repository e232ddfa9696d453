"""A full host: thousands of calls that talk at an ordinary pace, followed on one core, over TLS.

The upstream has the other cores. CPU is the share of one core; `durable` is from the upstream's sending of an
item's last words until they are in the table, which answers at once or takes 5 to 20 ms.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from bench.certificate import certificate
from bench.figures import table, verdict
from bench.processes import ask, expect, line, running, say

MEMORY_MB = 1024
DURABLE_MS = 1000
FULL, QUICK = 5000, 1000


@dataclass(frozen=True, slots=True)
class Variant:
    """What listens, to which kind of sockets, and whether it writes to a table in another process."""

    name: str
    kind: str
    encrypted: bool
    far: bool = False


VARIANTS = (
    Variant("bare loop", "hear_bare", True),
    Variant("sideband, table in memory", "hear_sideband", True),
    Variant("sideband, writes of 5 to 20 ms", "hear_sideband", True, True),
    Variant("bare loop, no TLS", "hear_bare", False),
    Variant("sideband, no TLS", "hear_sideband", False),
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
    durable_ms: float
    late_ms: float
    writes: float


def run(*, quick: bool = False, only: str | None = None) -> bool:
    """Measure one variant after the other, print a table; return whether the aims are met."""
    calls, turns = (QUICK, 3) if quick else (FULL, 5)
    rows, met = [], True
    for variant in VARIANTS:
        if only and only not in variant.name:
            continue
        found = measure(variant, calls, turns)
        a_call = f"{found.memory_kb:.0f}"
        durable = "-"
        if variant.kind == "hear_sideband":
            met = (
                met and found.memory_mb <= MEMORY_MB and found.durable_ms <= DURABLE_MS and found.core <= 1.0
            )
            durable = verdict(found.durable_ms / 1000, DURABLE_MS / 1000)
        rows.append(
            [
                variant.name,
                f"{found.attached_s:.0f}",
                a_call,
                verdict(found.memory_mb / MEMORY_MB, 1.0),
                f"{found.frames:,.0f}",
                verdict(found.core, 1.0),
                f"{found.writes:.0f}",
                f"{found.loop_ms:.0f}",
                durable,
                f"{found.late_ms:.0f}",
            ]
        )
    print(f"{calls:,} calls at once, each four turns a minute, on one core and 1 GiB\n")
    head = ["who listens", "attached s", "kB a call", "GiB", "frames/s", "core", "writes/s", "loop p99 ms"]
    print(table([*head, "durable p99 s", "upstream late ms"], rows) + "\n")
    return met


def measure(variant: Variant, calls: int, turns: int) -> Found:
    """Let that many calls talk for some turns; measure from when all have begun until the first has ended."""
    with ExitStack() as stack:
        pem, trusted = stack.enter_context(_trust(variant.encrypted))
        upstream = stack.enter_context(running("bench.crowd", str(calls), str(turns), pem))
        scheme = "https" if variant.encrypted else "http"
        url = f"{scheme}://localhost:{line(upstream)}"
        table = line(stack.enter_context(running("bench.far_table"))) if variant.far else "-"
        arguments = (variant.kind, url, str(calls), table)
        listener = stack.enter_context(running("bench.listener", *arguments, environment=trusted))
        empty, started = ask(listener), time.monotonic()
        expect(upstream, "ready")
        attached = time.monotonic() - started
        time.sleep(2.0)
        say(upstream)
        expect(upstream, "steady")
        begun, since = ask(listener, "light"), time.monotonic()
        _, late, frames = line(upstream).split()
        ended, seconds = ask(listener, "light"), time.monotonic() - since
        full = ask(listener)
    return Found(
        attached,
        (full["bytes"] - empty["bytes"]) / calls / 1024,
        max(ended["bytes"], full["bytes"]) / 2**20,
        (ended["cpu"] - begun["cpu"]) / seconds,
        float(frames),
        ended["loop_ms"],
        ended.get("durable_ms", 0.0),
        float(late),
        (ended.get("writes", 0.0) - begun.get("writes", 0.0)) / seconds,
    )


@contextmanager
def _trust(encrypted: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the file of a fresh certificate, `-` for none, and the environment of whoever is to trust it."""
    if not encrypted:
        yield "-", {}
        return
    with TemporaryDirectory() as folder:
        file = certificate(folder)
        yield file, {"SSL_CERT_FILE": file}
