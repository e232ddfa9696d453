"""`python -m dev.chaos`: break everything at once; compare every transcript with the truth.

The exit status is 1 if an item was lost that a host had heard, or where nothing shows it; if one is doubled,
out of order or says something else; if what a reader gets once gaps are filled from the browsers' logs is not
the script, word for word, but for words that broke off and say so; or if there was nothing to compare.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from dev.chaos import limits
from dev.chaos.compare import compare
from dev.chaos.machine import Machine
from dev.chaos.plants import PLANTS
from dev.chaos.reading import Reading
from dev.chaos.report import failures, rows
from dev.chaos.storm import Storm, until
from dev.chaos.storm_proxy import StormProxy
from dev.chaos.takeovers import Takeovers
from dev.chaos.tally import Tally
from dev.chaos.world import KEY, World
from dev.engine import ports
from dev.engine.processes import LineSink
from dev.simulator.caller import Caller


def main() -> int:
    """Read the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m dev.chaos", description=__doc__)
    parser.add_argument("--calls", type=int, default=200, help="calls in all (default 200)")
    parser.add_argument("--hosts", type=int, default=3, help="host processes (default 3)")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the storm (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="of chance (default 1)")
    parser.add_argument("--plant", choices=sorted(PLANTS), default="", help="a defect that must be found")
    parser.add_argument("--log", type=Path, help="a file for every line of every host")
    options = parser.parse_args()
    chance = Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="switchboard-chaos-") as state:
        takeovers = Takeovers()
        sink = _both(takeovers.line, options.log) if options.log else takeovers.line
        world = World(Path(state), options.hosts, sink, chance, options.plant)
        try:
            return asyncio.run(_run(options, world, takeovers, chance))
        finally:
            world.stop()


def _both(sink: LineSink, path: Path) -> LineSink:
    """Return what hands lines to the sink and appends them to the file, with the time."""
    file = path.open("w", buffering=1)

    def line(host: str, text: str) -> None:
        file.write(f"{time.monotonic():.3f} {host} {text}\n")
        sink(host, text)

    return line


async def _run(options: argparse.Namespace, world: World, takeovers: Takeovers, chance: Random) -> int:
    _say("starting engine, simulator and hosts")
    await asyncio.to_thread(world.start)
    proxy = StormProxy(world.engine_url, chance, Counter())
    port = ports.free_port()
    await proxy.start(port)
    world.table_url = proxy.url
    try:
        await asyncio.to_thread(world.start_hosts)
        async with Caller(world.simulator_url, KEY) as caller:
            storm = Storm(world, caller, proxy, takeovers, chance)
            telling = asyncio.create_task(_progress(storm, takeovers))
            machine = Machine()
            await storm.rage(options.calls, options.seconds)
            busy = machine.busy()
            _say("the storm is over; waiting for the last words")
            await until(lambda: _is_over(world, storm, takeovers), limits.AFTERWARDS)
            telling.cancel()
            _say("the browsers leave their logs; comparing")
            tally, reading = await compare(world, caller, storm, takeovers)
    finally:
        await proxy.stop()
    return _report(storm, tally, reading, takeovers, world, busy)


async def _is_over(world: World, storm: Storm, takeovers: Takeovers) -> bool:
    """Ask the table about the last few: who closed a call may have been killed before it said so."""
    rest = [call for call in storm.calls if call.call_id not in takeovers.closed]
    if len(rest) > limits.ASKED:
        return False
    for call in rest:
        stored = await asyncio.to_thread(world.calls.find, call.session_id, call.generation)
        if stored is None or stored.status != "closed":
            return False
        takeovers.over(call.call_id)
    return True


async def _progress(storm: Storm, takeovers: Takeovers) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(limits.PROGRESS_EVERY)
        counts = storm.counts
        _say(
            f"{time.monotonic() - began:4.0f} s  {len(storm.calls)} calls, {len(takeovers.closed)} over, "
            f"{takeovers.waiting} without a host; {counts['hosts killed']} hosts killed, "
            f"{counts['hosts told to leave']} told to leave, "
            f"{counts['connections cut']} connections cut, "
            f"{counts['table requests refused as throttled']} of {counts['table requests']} requests refused"
        )


def _report(
    storm: Storm, tally: Tally, reading: Reading, takeovers: Takeovers, world: World, busy: str
) -> int:
    for name, value in rows(storm.counts, tally, reading, takeovers, busy):
        print(f"{name:<50}{value!s:>16}")
    wrong = failures(storm.counts, tally, reading, takeovers, world.skews)
    for line in wrong:
        print(f"wrong: {line}")
    return 1 if wrong else 0


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
