"""The process that is measured: hears many calls at once, bare or as the sideband does, on one core.

Started as `python -m bench.listener HEARING URL CALLS TABLE` with one of `hear_bare`, `hear_sideband` and
`hear_host`. Each line on its input is answered by one of JSON: seconds of CPU and bytes of memory by now, how
late its event loop was since the last line (p99, milliseconds), and its report. It connects after the first.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from time import process_time

from bench.hear_bare import Hearing

CORE = 0
LOOK_S = 0.02
ANSWERS = os.fdopen(os.dup(1), "w")
"""Where the lines go; a host's own log goes nowhere."""
LIGHT = "light\n"
"""A line that is answered at once: to collect garbage first takes a second where there are many calls."""


async def main(kind: str, url: str, calls: int, table: str) -> None:
    """Tell, connect, tell again whenever asked."""
    os.sched_setaffinity(0, {CORE})
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    hearing: Hearing = import_module(f"bench.{kind}").hearing(url, calls, table)
    late: list[float] = []
    watching = asyncio.create_task(_watch(late))
    await _tell(hearing, late)
    listening = asyncio.create_task(hearing.listen())
    while await _tell(hearing, late):
        for task in (listening, watching):
            if task.done():
                task.result()
                raise RuntimeError("a call ended early")


async def _watch(late: list[float]) -> None:
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + LOOK_S
        await asyncio.sleep(LOOK_S)
        late.append(clock() - due)


async def _tell(hearing: Hearing, late: list[float]) -> bool:
    """Answer one line; False at the end of the input."""
    line = await asyncio.to_thread(sys.stdin.readline)
    if not line:
        return False
    cpu = process_time()  # without what the collector takes for the figure of memory
    loop_ms = 1000 * sorted(late)[int(0.99 * len(late))] if late else 0.0
    if line != LIGHT:
        gc.collect()
    told = {"cpu": cpu, "bytes": _memory(), "loop_ms": loop_ms, **hearing.report()}
    late.clear()
    print(json.dumps(told), file=ANSWERS, flush=True)
    return True


def _memory() -> int:
    """Return the bytes of this process that are in memory, as Linux tells them."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    with redirect_stdout(Path(os.devnull).open("w")):
        asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
