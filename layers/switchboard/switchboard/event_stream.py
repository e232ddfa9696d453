"""An answer that is written as it comes: heartbeats while it is silent, an end when the client has left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from starlette.responses import Response

from switchboard.domain.limits import HEARTBEAT_SECONDS, SLOW_CLIENT_SECONDS

HEARTBEAT = b": still here\n\n"
"""A comment: clients ignore it, proxies see that the stream lives."""

log = logging.getLogger(__name__)

Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
Over = Callable[[Exception | None], None]


class Pieces(Protocol):
    """What is written: a generator of bytes, or what can be read and closed like one."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return what yields them."""

    async def __anext__(self) -> bytes:
        """Return the next. Raise StopAsyncIteration."""

    async def aclose(self) -> None:
        """Make no more; return when whoever makes them has tidied up."""


def tell_of_crash(crashed: Exception | None) -> None:
    """Log what nobody foresaw."""
    if crashed is not None:
        log.error("stream.broken", exc_info=crashed)


class EventStream(Response):
    """Writes pieces as they come, and closes their generator however the stream ends.

    Three ways to end: the pieces are over; the client has disconnected; it has not read for `patience`
    seconds, so that it counts as gone. Until then whoever makes pieces waits for the client. `over` is called
    last, with the exception that nobody foresaw, if there was one; a client learns of that by `broken`, the
    last piece then, for the status is long gone.
    """

    heartbeat = HEARTBEAT_SECONDS
    patience = SLOW_CLIENT_SECONDS

    def __init__(
        self, pieces: Pieces, headers: dict[str, str], broken: bytes, over: Over = tell_of_crash
    ) -> None:
        # `no-transform` and the last header keep proxies from gathering what should flow.
        more = {"cache-control": "no-store, no-transform", "x-accel-buffering": "no"}
        super().__init__(None, 200, {**headers, **more}, "text/event-stream")
        del self.headers["content-length"]
        self._pieces = pieces
        self._broken = broken
        self._over = over
        self._writing = asyncio.Lock()
        self._touched = 0.0
        self._crashed: Exception | None = None

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Write until one of the ends; return when the generator is closed, which may save what there is."""
        self._touched = asyncio.get_running_loop().time()
        tasks: tuple[asyncio.Task[None], ...] = ()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            tasks = asyncio.create_task(self._watch(receive, send)), asyncio.create_task(self._pump(send))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._close()
            self._over(self._crashed)

    async def _pump(self, send: Send) -> None:
        try:
            async for piece in self._pieces:
                await self._write(piece, send)
        except Exception as error:
            self._crashed = error
            await self._write(self._broken, send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _close(self) -> None:
        try:
            await self._pieces.aclose()
        except Exception as error:
            self._crashed = self._crashed or error

    async def _watch(self, receive: Receive, send: Send) -> None:
        """Return when the client is gone; meanwhile keep a silent stream alive."""
        loop = asyncio.get_running_loop()
        while True:
            quiet = loop.time() - self._touched
            if self._writing.locked() and quiet > self.patience:
                return
            if quiet >= self.heartbeat and not self._writing.locked():
                try:
                    async with asyncio.timeout(self.patience):
                        await self._write(HEARTBEAT, send)
                except TimeoutError:
                    return
                quiet = 0.0
            try:
                async with asyncio.timeout(max(self.heartbeat - quiet, self.heartbeat / 10)):
                    message = await receive()
            except TimeoutError:
                continue
            if message["type"] == "http.disconnect":
                return

    async def _write(self, piece: bytes, send: Send) -> None:
        async with self._writing:
            self._touched = asyncio.get_running_loop().time()
            await send({"type": "http.response.body", "body": piece, "more_body": True})


class Begun:
    """Pieces of which the first is made: what cannot begin is an error; what has begun feels its closing."""

    def __init__(self, first: bytes | None, rest: Pieces) -> None:
        self._first = first
        self._rest = rest

    def __aiter__(self) -> Begun:
        return self

    async def __anext__(self) -> bytes:
        first, self._first = self._first, None
        return await anext(self._rest) if first is None else first

    async def aclose(self) -> None:
        """Close what makes them."""
        await self._rest.aclose()


async def begun(pieces: Pieces) -> Begun:
    """Return the pieces, the first of them made."""
    return Begun(await anext(pieces, None), pieces)


async def ahead(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield pieces that a task of their own makes, which waits for no client.

    Closing this cancels that task, and returns when it is over. It is for makers that save what there is when
    they are cancelled, deep in a library whose outermost generator alone would learn of a closing.
    """
    ready: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def make() -> None:
        try:
            async for piece in pieces:
                ready.put_nowait(piece)
        finally:
            ready.put_nowait(None)

    making = asyncio.create_task(make())
    try:
        while (piece := await ready.get()) is not None:
            yield piece
        await making
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
