"""Hear a call as anyone would begin to: receive, parse, forget."""

from __future__ import annotations

import asyncio
from typing import Protocol

import orjson
from websockets.asyncio.client import connect

PAUSE_S = 0.002
"""Between two calls: a backlog of handshakes would be refused."""


class Hearing(Protocol):
    """How many calls are heard at once, and what became of it by now."""

    async def listen(self) -> None:
        """Hear all calls, for good."""

    def report(self) -> dict[str, float]:
        """Return counts and figures."""


class Bare:
    """A loop for each call. `url` is that of the upstream, http or https."""

    def __init__(self, url: str, calls: int, table: str) -> None:
        self._url = url.replace("http", "ws", 1)
        self._calls = calls
        self._frames = 0

    async def listen(self) -> None:
        """Hear all calls. Raise what ends one."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._calls):
                group.create_task(self._hear(number))
                await asyncio.sleep(PAUSE_S)

    async def _hear(self, number: int) -> None:
        async with connect(f"{self._url}/?call_id=rtc_{number}", compression=None, open_timeout=60) as socket:
            while True:
                orjson.loads(await socket.recv(decode=False))
                self._frames += 1

    def report(self) -> dict[str, float]:
        """Return the number of frames."""
        return {"frames": self._frames}


hearing = Bare
