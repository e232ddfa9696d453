"""One end that listens to a session, and the orders its queue can hold."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from aiohttp import WSMsgType, web

from dev.simulator import limits


@dataclass(frozen=True)
class Send:
    data: bytes


@dataclass(frozen=True)
class Wait:
    """Everything behind it waits too, as on one TCP stream. Real seconds."""

    seconds: float


@dataclass(frozen=True)
class Abort:
    """The connection breaks without a closing handshake; the peer sees 1006."""


@dataclass(frozen=True)
class Close:
    code: int
    reason: str = ""


Order = Send | Wait | Abort | Close


class Peer(Protocol):
    """A sideband, a primary socket or a data channel. `awake` peers hear every event.

    `attached` tells sockets from the call's own browser.
    """

    awake: bool
    hears_audio: bool
    attached: bool

    def put(self, order: Order) -> None:
        """Queue an order; never blocks. A peer too slow to keep up is cut."""


class SocketPeer:
    """A peer behind a WebSocket: a bounded queue, and one task that empties it."""

    attached = True

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self.awake = False
        self.hears_audio = False
        self._socket = socket
        self._transport = transport
        self._orders: asyncio.Queue[Order] = asyncio.Queue()

    def put(self, order: Order) -> None:
        if self._orders.qsize() >= limits.MAX_QUEUED_FRAMES:
            self._cut()
        else:
            self._orders.put_nowait(order)

    async def pump(self) -> None:
        """Carry out orders until one ends the connection or the peer has gone."""
        while not self._socket.closed:
            match await self._orders.get():
                case Send(data):
                    try:
                        await self._socket.send_frame(data, WSMsgType.TEXT)
                    except ConnectionError:
                        return
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                case Abort():
                    self._cut()
                    return
                case Close(code, reason):
                    await self._socket.close(code=code, message=reason.encode())
                    return

    def _cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()
