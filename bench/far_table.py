"""The process that plays the table of a full host: takes every write, after 5 to 20 ms.

Started as `python -m bench.far_table`; it prints its URL and stays until it is killed.
"""

from __future__ import annotations

import asyncio
from random import Random

SOONEST_S, LATEST_S = 0.005, 0.020
DONE = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}"
END, LENGTH = b"\r\n\r\n", b"content-length:"


class FarTable(asyncio.Protocol):
    """One connection, kept alive; its requests come one after the other."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer a request once all of it is here."""
        self._read += data
        head, end, body = self._read.partition(END)
        if end and len(body) >= int(head.lower().partition(LENGTH)[2].partition(b"\r")[0]):
            self._read = b""
            delay = self._chance.uniform(SOONEST_S, LATEST_S)
            assert self._transport is not None
            asyncio.get_running_loop().call_later(delay, self._transport.write, DONE)


async def main() -> None:
    """Serve until killed."""
    chance = Random(4)
    server = await asyncio.get_running_loop().create_server(lambda: FarTable(chance), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
