"""Hear a call as anyone would begin to: receive, parse, forget."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from websockets.asyncio.client import connect

Hear = Callable[[int], Coroutine[Any, Any, None]]


def hearing(port: int, calls: int, counts: dict[str, int]) -> Hear:
    """Return how to hear one of so many calls, by its number; frames are counted in `counts`."""
    counts["frames"] = 0

    async def hear(number: int) -> None:
        async with connect(f"ws://127.0.0.1:{port}/?call_id=rtc_{number}", compression=None) as socket:
            while True:
                orjson.loads(await socket.recv(decode=False))
                counts["frames"] += 1

    return hear
