"""An answer that is written as it comes: heartbeats while it is silent, an end when the client has left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from fastapi import Response
from switchboard.agent import AgentEvent, limits
from switchboard.agent.sse import HEARTBEAT, encode, encode_token
from switchboard.edge import crash

Message = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
Over = Callable[[Exception | None], None]


class EventStream(Response):
    """Writes the events of a generator, and closes it however the stream ends.

    Three ways to end: the events are over; the client has disconnected; it has not read for so long that it
    counts as gone. `over` is called last, with the exception that nobody foresaw, if there was one. A client
    learns of that by an event, for the status is long gone.
    """

    def __init__(
        self,
        events: AsyncGenerator[AgentEvent, None],
        headers: dict[str, str],
        over: Over,
        heartbeat: float = limits.HEARTBEAT_SECONDS,
        patience: float = limits.SLOW_CLIENT_SECONDS,
    ) -> None:
        # `no-transform` and the last header keep proxies from gathering what should flow.
        more = {"cache-control": "no-store, no-transform", "x-accel-buffering": "no"}
        super().__init__(None, 200, {**headers, **more}, "text/event-stream")
        del self.headers["content-length"]
        self._events = events
        self._over = over
        self._heartbeat = heartbeat
        self._patience = patience
        self._writing = asyncio.Lock()
        self._touched = 0.0
        self._crashed: Exception | None = None

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Write until one of the ends; return when the events are closed, which saves the turn."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        self._touched = asyncio.get_running_loop().time()
        pump = asyncio.create_task(self._pump(send))
        watch = asyncio.create_task(self._watch(receive, send))
        try:
            await asyncio.wait((pump, watch), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (watch, pump):
                task.cancel()
            await asyncio.gather(pump, watch, return_exceptions=True)
            self._over(self._crashed)

    async def _pump(self, send: Send) -> None:
        try:
            async with aclosing(self._events) as events:
                async for event in events:
                    plain = event.type == "token"
                    data = encode_token(event.content) if plain else encode(event.as_dict())
                    await self._write(data, send)
        except Exception as error:
            self._crashed, told = error, crash()
            failed = AgentEvent("error", told.message, {"code": told.code})
            for event in (failed, AgentEvent("done", "", {"status": "failed"})):
                await self._write(encode(event.as_dict()), send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _watch(self, receive: Receive, send: Send) -> None:
        """Return when the client is gone; meanwhile keep a silent stream alive."""
        loop = asyncio.get_running_loop()
        while True:
            quiet = loop.time() - self._touched
            if self._writing.locked() and quiet > self._patience:
                return
            if quiet >= self._heartbeat and not self._writing.locked():
                try:
                    async with asyncio.timeout(self._patience):
                        await self._write(HEARTBEAT, send)
                except TimeoutError:
                    return
                quiet = 0.0
            try:
                async with asyncio.timeout(max(self._heartbeat - quiet, self._heartbeat / 10)):
                    message: Message = await receive()
            except TimeoutError:
                continue
            if message["type"] == "http.disconnect":
                return

    async def _write(self, data: bytes, send: Send) -> None:
        async with self._writing:
            self._touched = asyncio.get_running_loop().time()
            await send({"type": "http.response.body", "body": data, "more_body": True})
