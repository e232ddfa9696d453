"""The sideband against a bare loop of `websockets` and `orjson.loads`, on the same frames in the same run.

CPU per event and memory per call of the listening process alone: another process plays the upstream. `paced`
calls get their frames one by one, as live calls do; `flood` is all that a socket takes, as after a stall.
Of `audio`, nearly all frames are ones that the sideband must ignore, as short as a frame of audio can be.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from bench.figures import table, verdict
from bench.processes import ask, expect, line, running, say
from bench.script import audible, conversation, items, share_of_deltas

KINDS = {"bare": "hear_bare", "sideband": "hear_sideband"}
SETTLE_S = 3.5
"""After the last frame: the sideband's last write follows within two seconds."""

Figures = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Load:
    """Calls at once, turns and pieces of audio of each, seconds between its frames; the aim for CPU."""

    name: str
    calls: int
    turns: int
    seconds: float
    pieces: int = 0
    cpu: float = 2.0


LOADS = (
    Load("paced", 500, 5, 0.1),
    Load("paced", 2000, 2, 0.4),
    Load("flood", 200, 12, 0.0),
    Load("audio, paced", 500, 1, 0.1, 250, cpu=1.2),
    Load("audio, flood", 200, 1, 0.0, 1000, cpu=1.2),
)
MEMORY = 1.5
"""Aim for the memory of one more call, as a ratio: what a process takes besides its calls is not theirs."""
ROUNDS, QUICK_ROUNDS = 3, 1


def run(*, quick: bool = False, only: str | None = None) -> bool:
    """Measure in turn, print a table; return whether the aims are met."""
    rows, met, paced = [], True, []
    for load in LOADS:
        if only and only not in load.name:
            continue
        found: dict[str, Figures] = {kind: defaultdict(list) for kind in KINDS}
        for _ in range(QUICK_ROUNDS if quick else ROUNDS):
            for kind in KINDS:
                for name, value in _measure(KINDS[kind], load).items():
                    found[kind][name].append(value)
        cells, is_met = _row(load, found["bare"], found["sideband"])
        rows.append(cells)
        met = met and is_met
        if load.name == "paced":
            paced.append({kind: load.calls * median(found[kind]["kB"]) for kind in KINDS})
    print(f"Sideband against a bare loop; {share_of_deltas(conversation(8)):.0%} of the frames are deltas\n")
    head = ["load", "events", "bare us", "sideband us", "cpu", "bare kB", "sideband kB", "memory", "writes"]
    print(table(head, rows) + "\n")
    return met and (len(paced) < 2 or _one_more(*paced))


def _one_more(few: dict[str, float], many: dict[str, float]) -> bool:
    """Print what one more call takes, by the kilobytes of few calls and of many; return whether it may."""
    bare, sideband = (many[kind] - few[kind] for kind in KINDS)
    print(f"One more call: {verdict(sideband / bare, MEMORY)} times the memory of the bare loop's\n")
    return sideband / bare <= MEMORY


def _measure(kind: str, load: Load) -> dict[str, float]:
    """Play the conversation to that many calls; return seconds of CPU per event and kilobytes per call."""
    talk = conversation(load.turns)
    frames = audible(talk, load.pieces)
    with ExitStack() as stack:
        arguments = map(str, (load.calls, load.turns, load.pieces, load.seconds))
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
    heard, said = load.calls * len(frames), load.calls * items(talk)
    if ended.get("frames", heard) != heard or ended.get("entries", said) < said:
        raise RuntimeError(f"not everything arrived: {ended}")
    return {
        "events": heard,
        "cpu": (ended["cpu"] - begun["cpu"]) / heard,
        "kB": (ended["bytes"] - empty["bytes"]) / load.calls / 1024,
        "writes": ended.get("writes", 0) / load.calls / load.turns,
    }


def _row(load: Load, bare: Figures, sideband: Figures) -> tuple[list[str], bool]:
    """Return the cells of a load, and whether its aim is met: medians are compared."""
    cpu = median(sideband["cpu"]) / median(bare["cpu"])
    memory = median(sideband["kB"]) / median(bare["kB"])
    # A flood is over before a page is written: its memory is a peak of words that wait.
    cells = [
        f"{load.name}, {load.calls} calls",
        f"{bare['events'][0]:.0f}",
        f"{min(bare['cpu']) * 1e6:.0f}",
        f"{min(sideband['cpu']) * 1e6:.0f}",
        verdict(cpu, load.cpu),
        f"{min(bare['kB']):.0f}",
        f"{min(sideband['kB']):.0f}",
        f"{memory:.2f}" if load.seconds else "-",
        f"{sideband['writes'][0]:.1f} a turn",
    ]
    return cells, cpu <= load.cpu
