"""HTTP on the event loop, for what is sent all the time: no thread is woken for it, and none waits."""

from __future__ import annotations

import asyncio
from ssl import SSLContext

END, LENGTH = b"\r\n\r\n", b"\r\ncontent-length:"
STATUS = slice(9, 12)
"""Where `HTTP/1.1 200 OK` tells it."""


class Wire(asyncio.Protocol):
    """One connection, kept alive; its requests come one after the other."""

    __slots__ = ("_answer", "_read", "_transport", "is_open")

    def __init__(self) -> None:
        self.is_open = False
        self._read = b""
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Tell of an answer once all of it is here; what comes unasked, or in no known way, ends it."""
        self._read += data
        head, end, body = self._read.partition(END)
        if not end:
            return
        _, known, length = head.lower().partition(LENGTH)
        if not known or self._answer is None:
            self.close()
        elif len(body) >= int(length.split(b"\r\n", 1)[0]):
            self._read = b""
            if not self._answer.done():
                self._answer.set_result((int(head[STATUS]), body))
            self._answer = None
            if b"\r\nconnection: close" in head.lower():
                self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Return status and body. Raise OSError. Cancelled, the connection is of no use any more."""
        assert self._transport is not None
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._answer = answer
        self._transport.write(request)
        try:
            return await answer
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()


class Post:
    """Connections to one host, as many as are needed at once; `seconds` are for an answer."""

    def __init__(self, host: str, port: int, trust: SSLContext | None, seconds: float) -> None:
        self._address = host, port
        self._trust = trust
        self._seconds = seconds
        self._resting: list[Wire] = []

    async def __call__(self, request: bytes) -> tuple[int, bytes]:
        """Return status and body. Raise OSError, of which TimeoutError is one.

        Where one answer does not come, the connections at rest may be as dead, and are given up.
        """
        try:
            async with asyncio.timeout(self._seconds):
                wire = self._rested() or await self._connected()
                answer = await wire.ask(request)
        except TimeoutError:
            while self._resting:
                self._resting.pop().close()
            raise
        if wire.is_open:
            self._resting.append(wire)
        return answer

    def _rested(self) -> Wire | None:
        while self._resting:
            wire = self._resting.pop()
            if wire.is_open:
                return wire
        return None

    async def _connected(self) -> Wire:
        loop = asyncio.get_running_loop()
        host, port = self._address
        _, wire = await loop.create_connection(Wire, host, port, ssl=self._trust)
        return wire
