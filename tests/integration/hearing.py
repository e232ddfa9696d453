"""A listener that keeps what it is told."""

from __future__ import annotations

import asyncio

from sideband.socket import Socket


class Hearing:
    """Attends to a socket from the start."""

    def __init__(self, socket: Socket) -> None:
        self.frames: list[bytes] = []
        self.code: int | None = None
        self._news = asyncio.Event()
        socket.attend(self)

    def heard(self, frame: bytes) -> None:
        self.frames.append(frame)
        self._news.set()

    def over(self, code: int) -> None:
        self.code = code
        self._news.set()

    async def frames_up_to(self, count: int) -> list[bytes]:
        """Return what was heard once there are so many frames."""
        while len(self.frames) < count:
            await self._next()
        return self.frames

    async def over_with(self) -> int:
        """Return the close code once it is over."""
        while self.code is None:
            await self._next()
        return self.code

    async def _next(self) -> None:
        async with asyncio.timeout(20):
            await self._news.wait()
        self._news.clear()
