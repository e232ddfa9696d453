"""Short stories of one call, each told again and again: every time a host dies one turn of the loop later.

`python -m tests.unit.sideband_crashes 300 4` explores that many histories of the model and every fourth crash
point. It tells its seed: with that as a third argument, the histories are the same again.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from random import Random

from tests.unit.sideband_model import explore
from tests.unit.sideband_proof import Proof, small_pages
from tests.unit.sideband_stage import AWAITS, Stage

KINDS = ("user", "reply", "tool", "reply")
SEEDS = 200
"""Of chance, for stories without a victim."""
LONGEST = 2_000
"""Turns of the loop in which a story's victim may die; a story has fewer."""


@dataclass(frozen=True)
class Tale:
    """What happens while the call is talked on, who dies of it, and how many seconds are worth dying in."""

    what: Callable[[Stage], None]
    victim: str
    seconds: float = 3.0
    hosts: int = 2
    refused: float = 0.0


def _owner(stage: Stage) -> str:
    host = stage.stored(stage.calls[-1]).host
    return host if host in stage.hosts else min(stage.hosts, default="")


def _nothing(stage: Stage) -> None:
    """Only talk."""


def _leave(stage: Stage) -> None:
    stage.leave(_owner(stage))


def _stop_its_heart(stage: Stage) -> None:
    stage.hosts[_owner(stage)][2].heart_stopped = True


def _renew(stage: Stage) -> None:
    stage.attach("sess_0")


def _end(stage: Stage) -> None:
    stage.end("sess_0")


def _leave_and_end(stage: Stage) -> None:
    stage.leave(_owner(stage))
    stage.end("sess_0")


def _cut(stage: Stage) -> None:
    async def drop() -> None:
        stage.upstream.drop("rtc_0", 1006)

    stage.run(drop())


def _hang_up(stage: Stage) -> None:
    async def finish() -> None:
        stage.upstream.finish("rtc_0")

    stage.run(finish())


TALES = {
    "the host of a call dies": Tale(_nothing, "owner"),
    "it dies while the table is busy": Tale(_nothing, "owner", refused=0.4),
    "it dies while it leaves": Tale(_leave, "owner", 8.0),
    "who takes over from one that leaves dies": Tale(_leave, "other", 8.0, hosts=3),
    "a host leaves alone": Tale(_leave, "nobody", hosts=1),
    "a host leaves while the table is busy": Tale(_leave, "nobody", refused=0.4),
    "a host leaves while a session ends": Tale(_leave_and_end, "nobody", refused=0.4),
    "who takes over from one that only seems dead dies": Tale(_stop_its_heart, "other", 14.0, hosts=3),
    "a host seems dead and talks on": Tale(_stop_its_heart, "nobody", 20.0),
    "it dies while a call is replaced": Tale(_renew, "owner", 6.0),
    "it dies while a session ends": Tale(_end, "owner", 6.0),
    "it dies once the line was cut": Tale(_cut, "owner", 4.0),
    "it dies once the person has left": Tale(_hang_up, "owner", 6.0),
    "the person leaves": Tale(_hang_up, "nobody"),
}


def tell(tale: Tale, turn: int) -> bool:
    """Tell a tale whose victim dies at that turn; return whether it lived to see it. Raise AssertionError."""
    stage = Stage(turn, sessions=1)
    proof = Proof(stage)
    try:
        for _ in range(tale.hosts):
            stage.start()
        stage.attach("sess_0")
        stage.run(_talk(stage, 4.0))
        for _, _, edge in stage.hosts.values():
            edge.refused = tale.refused
        owner = _owner(stage)
        others = [name for name in stage.hosts if name != owner]
        victim = {"owner": owner, "other": others[0] if others else "", "nobody": ""}[tale.victim]
        if victim:
            stage.loop.arm(turn, lambda: stage.kill(victim))
        stage.run(_talk(stage, 0.2, end=False))
        tale.what(stage)
        stage.run(_talk(stage, tale.seconds))
        died = bool(victim) and not stage.loop.is_armed
        stage.loop.arm(0, lambda: None)
        stage.run(_talk(stage, 8.0))
        proof.so_far()
        proof.at_the_end(90.0)
        return died
    finally:
        stage.close()


async def _talk(stage: Stage, seconds: float, *, end: bool = True) -> None:
    """Talk on all calls that live: what begins is whole a moment later, and some of it is told twice."""
    clock = asyncio.get_running_loop().time
    until, turn = clock() + seconds, 0
    while clock() < until:
        live = [call_id for call_id, call in stage.upstream.calls.items() if not call.is_over]
        how = ("plain", "twice", "plain", "swapped")[turn % 4]
        begun = [(name, stage.upstream.begin_item(name, KINDS[turn % 4], how)) for name in live]
        await asyncio.sleep(0.15)
        for call_id, said in begun if end or turn else ():
            if not stage.upstream.calls[call_id].is_over:
                stage.upstream.end_item(call_id, said, "plain", cut=turn % 7 == 6)
        turn += 1
        await asyncio.sleep(0.25)


def sweep(stride: int = 1, names: tuple[str, ...] = tuple(TALES)) -> dict[str, int]:
    """Tell every tale for every `stride`-th turn; return the crash points of each. Raise AssertionError."""
    found = {}
    with small_pages():
        for number, name in enumerate(names):
            points, turn = 0, 1 + number % stride
            try:
                while tell(TALES[name], turn) and turn < LONGEST:
                    points, turn = points + 1, turn + stride
                for seed in range(0, SEEDS if TALES[name].victim == "nobody" else 0, stride):
                    tell(TALES[name], seed)
            except AssertionError as error:
                raise AssertionError(f"{name}, at turn {turn}: {error}") from error
            found[name] = points
    return found


def main() -> None:
    """Explore, and tell how much there was. A third argument repeats the histories of an earlier run."""
    logging.disable(logging.CRITICAL)  # the hosts tell of every trouble
    histories, stride = int(sys.argv[1]), int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else Random().randrange(2**32)
    sys.stdout.write(f"histories of seed {seed}\n")
    sys.stdout.flush()
    with redirect_stdout(io.StringIO()):  # and their metrics
        found = explore(histories, 40, seed)
        points = sweep(stride)
    for name, count in points.items():
        sys.stdout.write(f"{name:<52}{count or '-':>6}\n")
    sys.stdout.write(
        f"{found['histories']} histories explored, {found['steps']} steps, {found['crashes']} crashes, "
        f"{found['said']} items said, {found['heard']} of them heard; "
        f"{len(points)} stories with {sum(points.values())} crash points, at {len(AWAITS)} different awaits: "
        "nothing that was acknowledged or heard is lost, doubled or out of order\n"
    )


if __name__ == "__main__":
    main()
