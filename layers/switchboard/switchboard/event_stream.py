"""An answer that is written as it comes: heartbeats while it is silent, an end when the client has left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.responses import Response

from switchboard.domain.limits import HEARTBEAT_SECONDS, SLOW_CLIENT_SECONDS

HEARTBEAT = b": still here\n\n"
"""A comment: clients ignore it, proxies see that the stream lives."""

log = logging.getLogger(__name__)

Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]


class EventStream(Response):
    """Writes pieces as they come.

    The pieces are made in a task of their own, which never waits for the client: cancelling it when the
    client has left is then always felt by whoever makes them, who may save what there is. `broken` is the
    last piece where making them fails.
    """

    def __init__(self, pieces: AsyncIterator[bytes], headers: dict[str, str], broken: bytes) -> None:
        more = {"cache-control": "no-store, no-transform", "x-accel-buffering": "no"}
        super().__init__(None, 200, {**headers, **more}, "text/event-stream")
        del self.headers["content-length"]
        self._pieces = pieces
        self._broken = broken
        self._ready: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Write until the pieces are over or the client is gone; return when their maker has finished."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        making = asyncio.create_task(self._make())
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((writing, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (making, writing, leaving):
                task.cancel()
            await asyncio.gather(making, writing, leaving, return_exceptions=True)

    async def _make(self) -> None:
        try:
            async for piece in self._pieces:
                self._ready.put_nowait(piece)
        except Exception:
            log.exception("stream.broken")
            self._ready.put_nowait(self._broken)
        finally:
            self._ready.put_nowait(None)

    async def _write(self, send: Send) -> None:
        while True:
            try:
                piece = await asyncio.wait_for(self._ready.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                piece = HEARTBEAT
            if piece is None:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            async with asyncio.timeout(SLOW_CLIENT_SECONDS):
                await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _left(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
