"""GET /health: whether this process makes progress; and the question, as the container asks it."""

from __future__ import annotations

import asyncio
import http.client
import json
from typing import Any

import orjson

from sideband import limits
from sideband.host import Host


class Health:
    """Answers on one port. A duty that fails is healthy: only one that has no end is not."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._server: asyncio.Server | None = None
        self._turned_at = self._loop.time()
        self._turning: asyncio.TimerHandle | None = None

    async def start(self, port: int) -> int:
        """Listen on loopback, where the container asks; return the port, a free one for 0."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=limits.HEALTH_BYTES)
        self.watch()
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        if self._turning is not None:
            self._turning.cancel()

    def watch(self) -> None:
        """Begin to prove that the event loop turns."""
        self._turned_at = self._loop.time()
        self._turning = self._loop.call_later(limits.LOOP_TURN, self.watch)

    def state(self) -> tuple[bool, dict[str, Any]]:
        """Return whether all is well, and what to say."""
        now = self._loop.time()
        watched = () if self._host.leaving else ("beat", "queue")
        ended_at = self._host.duties.ended_at
        stuck = [name for name in watched if now - ended_at.get(name, now) > limits.STUCK]
        if now - self._turned_at > limits.LOOP_STUCK:
            stuck.append("loop")
        return not stuck, {
            "status": "stuck" if stuck else "ok",
            "host": self._host.id,
            "calls": len(self._host.roster.follows),
            "lag_ms": self._host.shared.metrics.lag_ms(),
            "draining": self._host.leaving,
            **({"stuck": stuck} if stuck else {}),
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(limits.HEALTH_TIMEOUT):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass  # whoever asked has gone or does not speak HTTP
        finally:
            writer.close()

    def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if path != b"/health":
            return _response("404 Not Found", {"status": "not found"})
        if method not in (b"GET", b"HEAD"):
            return _response("405 Method Not Allowed", {"status": "GET only"})
        well, said = self.state()
        return _response("200 OK" if well else "503 Service Unavailable", said)


def _response(status: str, said: dict[str, Any]) -> bytes:
    body = orjson.dumps(said)
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Cache-Control: no-store\r\nConnection: close\r\n\r\n".encode() + body


def ask(port: int) -> bool:
    """Return whether the host on this machine says that it is well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limits.HEALTH_TIMEOUT)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        return answer.status == 200 and json.loads(answer.read())["status"] == "ok"
    except (OSError, ValueError, KeyError):
        return False
    finally:
        connection.close()
