"""Open a sideband WebSocket: the only place that knows the WebSocket library."""

from __future__ import annotations

import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol, cast
from urllib.parse import quote, urlsplit, urlunsplit

from switchboard.domain.network import is_local
from switchboard.domain.secret import Credential
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from sideband import limits
from sideband.line import Line, Listener


class Refused(Exception):
    """The upstream answered the handshake with that status; `retry_after` in seconds if it named one."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.retry_after = retry_after


class Unreachable(Exception):
    """There was no answer to the handshake that could be read."""


class Hung(Exception):
    """The connection is over, with that close code; 1006 if it broke."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Socket(Protocol):
    """An open sideband."""

    def attend(self, listener: Listener | None) -> None:
        """Tell this listener of every frame and of the end from now on, and at once of what waits.

        With None all of that waits for the next listener.
        """

    async def send(self, frame: bytes) -> None:
        """Send one text frame. Raise Hung."""

    async def close(self) -> None:
        """Close it; the call goes on. Never raises."""


Connect = Callable[[str, Credential], Awaitable[Socket]]
"""Open the sideband of a call, by its id, with a credential. Raises Refused or Unreachable."""


class WebSocket:
    """A Socket of the websockets library."""

    __slots__ = ("_line",)

    def __init__(self, line: Line) -> None:
        self._line = line
        for handshake in (line.request, line.response):
            if handshake is not None:
                handshake.headers.clear()  # nobody reads them any more, and they are 3 kB a call

    def attend(self, listener: Listener | None) -> None:
        """Tell this listener of every frame, as bytes: it is JSON, and decoding it twice would be waste."""
        self._line.attend(listener)

    async def send(self, frame: bytes) -> None:
        """Send one text frame."""
        try:
            await self._line.send(frame, text=True)
        except ConnectionClosed as error:
            raise Hung(self._line.code) from error

    async def close(self) -> None:
        """Close it and wait a moment for the upstream to agree."""
        await self._line.close()


def connector(base_url: str) -> Connect:
    """Return how to connect below that base URL, such as `https://api.openai.com/v1`."""
    parts = urlsplit(base_url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    address = urlunsplit((scheme, parts.netloc, f"{parts.path.rstrip('/')}/realtime", "", ""))
    trust = ssl.create_default_context() if scheme == "wss" else None  # shared: each would take half a MB
    SSLProtocol.max_size = limits.TLS_BYTES
    proxy: Literal[True] | None = None if is_local(parts.hostname or "") else True

    async def open_socket(call_id: str, credential: Credential) -> Socket:
        try:
            line = await connect(
                f"{address}?call_id={quote(call_id, safe='')}",
                additional_headers={"Authorization": f"Bearer {credential.value}"},
                user_agent_header="switchboard-sideband",
                ssl=trust,
                proxy=proxy,
                compression=None,
                open_timeout=limits.OPEN_TIMEOUT,
                close_timeout=limits.CLOSE_TIMEOUT,
                max_size=limits.FRAME_BYTES,
                create_connection=Line,
            )
        except InvalidStatus as error:
            response = error.response
            raise Refused(response.status_code, _seconds(response.headers.get("Retry-After"))) from error
        except (OSError, TimeoutError, InvalidHandshake, InvalidMessage, ConnectionClosed, EOFError) as error:
            raise Unreachable from error
        return WebSocket(cast(Line, line))

    return open_socket


def _seconds(retry_after: str | None) -> float | None:
    try:
        return max(0.0, float(retry_after)) if retry_after else None
    except ValueError:  # a date: rare, and our own pauses do as well
        return None
