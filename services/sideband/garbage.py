"""When the process looks for garbage: every look at all that thousands of calls hold halts them."""

from __future__ import annotations

import asyncio
import gc

from sideband import limits

NEVER = 2**31 - 1


async def collect() -> None:
    """Look through everything once in `limits.COLLECT` seconds, and never in between. Runs until cancelled.

    What a host holds lives as long as a call, and ends without a collector, but for some failed handshakes.
    """
    gc.set_threshold(limits.COLLECT_YOUNG, limits.COLLECT_MIDDLE, NEVER)
    while True:
        await asyncio.sleep(limits.COLLECT)
        gc.collect()
