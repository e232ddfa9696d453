"""Hear a call as anyone would begin to: receive, parse, forget."""

from __future__ import annotations

from typing import Protocol

import orjson
from websockets.asyncio.client import connect


class Hearing(Protocol):
    """How many calls are heard, each by its number, and what became of it by now."""

    async def hear(self, number: int) -> None:
        """Hear one call until its end."""

    def report(self) -> dict[str, float]:
        """Return counts and figures."""


class Bare:
    """A loop for each call. `url` is that of the upstream, http or https."""

    def __init__(self, url: str, calls: int, table: str) -> None:
        self._url = url.replace("http", "ws", 1)
        self._frames = 0

    async def hear(self, number: int) -> None:
        """Receive and parse."""
        async with connect(f"{self._url}/?call_id=rtc_{number}", compression=None, open_timeout=60) as socket:
            while True:
                orjson.loads(await socket.recv(decode=False))
                self._frames += 1

    def report(self) -> dict[str, float]:
        """Return the number of frames."""
        return {"frames": self._frames}


hearing = Bare
