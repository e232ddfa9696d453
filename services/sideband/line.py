"""A WebSocket connection that tells of each frame as it is read: no queue and no task stand between."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import CLOSED, OPEN, Event

from sideband import limits

ABNORMAL = 1006
"""The close code of a connection that broke without a closing handshake."""


class Listener(Protocol):
    """Who attends to a connection. It is told in the middle of reading: it must not raise."""

    def heard(self, frame: bytes) -> None:
        """Take the next frame."""

    def over(self, code: int) -> None:
        """The connection is over, with that close code; nothing more will be heard."""


class Line(ClientConnection):
    """One connection to the upstream. To wake a task for a frame costs more than all that is done with it.

    It keeps itself alive with a timer, where the library takes a task for each connection. Frames that come
    while nobody attends wait; when they are too many, the upstream has to.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listener: Listener | None = None
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._is_held = False
        self._pieces: list[bytes] = []
        self._is_alive = True
        self._beat: asyncio.TimerHandle | None = None

    def attend(self, listener: Listener | None) -> None:
        """Tell this listener of every frame, first of those that wait; None lets them wait again."""
        self._listener = listener
        if listener is None:
            return
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        for frame in waiting:
            listener.heard(frame)
        if self.state is CLOSED:
            listener.over(self.code)
        elif self._is_held:
            self._is_held = False
            self.transport.resume_reading()

    @property
    def code(self) -> int:
        """The close code; 1006 if the connection broke or is open yet."""
        return self.close_code or ABNORMAL

    def process_event(self, event: Event) -> None:
        """Take one event of the library's protocol."""
        self._is_alive = True
        if not isinstance(event, Frame) or event.opcode not in DATA_OPCODES:
            super().process_event(event)
        elif event.fin and not self._pieces:
            self._tell(bytes(event.data))
        else:
            self._pieces.append(bytes(event.data))
            if event.fin:
                whole, self._pieces = b"".join(self._pieces), []
                self._tell(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that it is over."""
        super().connection_lost(exc)
        if self._beat is not None:
            self._beat.cancel()
        if self._listener is not None:
            self._listener.over(self.code)

    def start_keepalive(self) -> None:
        """Begin to ping; the library calls this after the handshake."""
        self._beat = self.loop.call_later(limits.PING, self._ping)

    def _ping(self) -> None:
        """Ask for a sign of life, unless there was none since the last time: then the path is dead."""
        if self.state is not OPEN:
            return
        if not self._is_alive and not self._waiting:
            self.transport.abort()
            return
        self._is_alive = False
        self.protocol.send_ping(b"")
        self.send_data()
        self.start_keepalive()

    def _tell(self, frame: bytes) -> None:
        if self._listener is not None:
            self._listener.heard(frame)
            return
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)
        many, much = limits.FRAMES_WAITING, limits.BYTES_WAITING
        if not self._is_held and (len(self._waiting) >= many or self._waiting_bytes >= much):
            self._is_held = True
            self.transport.pause_reading()
