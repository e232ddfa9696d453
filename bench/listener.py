"""The process that is measured: hears many calls at once, bare or as the sideband does.

Started as `python -m bench.listener hear_bare|hear_sideband PORT CALLS`. Each line on its input is answered
by one of JSON: seconds of CPU and bytes of memory by now, and its counts. It connects after the first.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
from importlib import import_module
from pathlib import Path
from time import process_time


async def main(kind: str, port: int, calls: int) -> None:
    """Tell, connect, tell again whenever asked."""
    counts: dict[str, int] = {}
    hear = import_module(f"bench.{kind}").hearing(port, calls, counts)
    await _tell(counts)
    tasks = []
    for number in range(calls):
        tasks.append(asyncio.create_task(hear(number)))
        await asyncio.sleep(0.002)  # a backlog of handshakes would only be refused
    while await _tell(counts):
        for task in tasks:
            if task.done():
                task.result()
                raise RuntimeError("a call ended early")


async def _tell(counts: dict[str, int]) -> bool:
    """Answer one line; False at the end of the input."""
    if not await asyncio.to_thread(sys.stdin.readline):
        return False
    cpu = process_time()  # without what the collector takes for the figure of memory
    gc.collect()
    print(json.dumps({"cpu": cpu, "bytes": _memory(), **counts}), flush=True)
    return True


def _memory() -> int:
    """Return the bytes of this process that are in memory, as Linux tells them."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
