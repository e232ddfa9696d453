"""The sideband against a bare loop of `websockets` and `orjson.loads`, on the same frames in the same run.

CPU per event and memory per call of the listening process alone: another process plays the upstream. `paced`
calls get their frames one by one, as live calls do; `flood` is all that a socket takes, as after a stall.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.figures import ratio, table
from bench.processes import ask, expect, line, running, say
from bench.script import conversation, items, share_of_deltas

ROOT = Path(__file__).resolve().parents[1]
KINDS = {"bare": "hear_bare", "sideband": "hear_sideband"}
SETTLE_S = 3.5
"""After the last frame: the sideband's last write follows within two seconds."""

Figures = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Load:
    """Calls at once, the length of each one's conversation, and the seconds between its frames."""

    name: str
    calls: int
    turns: int
    seconds: float


LOADS = (Load("paced", 200, 6, 0.08), Load("paced", 500, 5, 0.1), Load("flood", 200, 12, 0.0))
ROUNDS, QUICK_ROUNDS = 3, 1


def run(*, quick: bool = False, only: str | None = None) -> None:
    """Measure in turn, print a table."""
    rows = []
    for load in LOADS:
        if only and only not in load.name:
            continue
        found: dict[str, Figures] = {kind: defaultdict(list) for kind in KINDS}
        for _ in range(QUICK_ROUNDS if quick else ROUNDS):
            for kind in KINDS:
                for name, value in _measure(KINDS[kind], load).items():
                    found[kind][name].append(value)
        rows.append(_row(load, found["bare"], found["sideband"]))
    print(f"Sideband against a bare loop; {share_of_deltas(conversation(8)):.0%} of the frames are deltas\n")
    head = ["load", "events", "bare us", "sideband us", "cpu", "bare kB", "sideband kB", "memory", "writes"]
    print(table(head, rows) + "\n")


def _measure(kind: str, load: Load) -> dict[str, float]:
    """Play the conversation to that many calls; return seconds of CPU per event and kilobytes per call."""
    frames = conversation(load.turns)
    with ExitStack() as stack:
        arguments = map(str, (load.calls, load.turns, load.seconds))
        upstream = stack.enter_context(running("bench.upstream", *arguments))
        port = line(upstream)
        url = f"http://127.0.0.1:{port}"
        listener = stack.enter_context(running("bench.listener", kind, url, str(load.calls), "-"))
        empty = ask(listener)
        expect(upstream, "ready")
        time.sleep(1.0)  # greetings and notes of who attached are not events
        begun = ask(listener)
        say(upstream)
        expect(upstream, "done")
        time.sleep(SETTLE_S)
        ended = ask(listener)
    heard, said = load.calls * len(frames), load.calls * items(frames)
    if ended.get("frames", heard) != heard or ended.get("entries", said) < said:
        raise RuntimeError(f"not everything arrived: {ended}")
    return {
        "events": heard,
        "cpu": (ended["cpu"] - begun["cpu"]) / heard,
        "kB": (ended["bytes"] - empty["bytes"]) / load.calls / 1024,
        "writes": ended.get("writes", 0) / load.calls / load.turns,
    }


def _row(load: Load, bare: Figures, sideband: Figures) -> list[str]:
    # A flood is over before a page is written: its memory is a peak of words that wait.
    memory = ratio(sideband["kB"], bare["kB"]) if load.seconds else "-"
    return [
        f"{load.name}, {load.calls} calls",
        f"{bare['events'][0]:.0f}",
        f"{min(bare['cpu']) * 1e6:.0f}",
        f"{min(sideband['cpu']) * 1e6:.0f}",
        ratio(sideband["cpu"], bare["cpu"]),
        f"{min(bare['kB']):.0f}",
        f"{min(sideband['kB']):.0f}",
        memory,
        f"{sideband['writes'][0]:.1f} a turn",
    ]
