"""The process that plays the table of a full host: it knows the calls, and answers after 5 to 20 ms.

Started as `python -m bench.far_table CALLS`; it prints its URL. Each line on its input is answered by one of
JSON: requests and transcript writes by now, and how long words took from their sending until they were in the
table (p99 since the last line, milliseconds). It stays until it is killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from base64 import b64decode
from collections.abc import Mapping
from random import Random
from typing import Any
from zlib import decompress

from sideband.metrics import Metrics

from bench.far_rows import FarRows
from bench.listener import CORE

SOONEST_S, LATEST_S = 0.005, 0.020
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: %d\r\n\r\n"
END, LENGTH, TARGET = b"\r\n\r\n", b"content-length:", b"x-amz-target: dynamodb_20120810."
STAMPED = re.compile(r"\b\d{20}\b")


class Gauge:
    """What came into the table, and how long it took. A page is written whole: what is old is in it, too."""

    def __init__(self) -> None:
        self.requests = self.pages = 0
        self._lags = Metrics()
        self._last: dict[str, int] = {}

    def durable(self, row: Mapping[str, Any]) -> None:
        """Note that a page is in the table."""
        self.pages += 1
        packed, session = row.get("packed"), row["pk"]["S"]
        told = decompress(b64decode(packed["B"])).decode() if packed else row["entries"]["S"]
        now, last = time.monotonic_ns(), self._last.get(session, 0)
        for stamp in map(int, STAMPED.findall(told)):
            if stamp > last:
                self._lags.lag((now - stamp) / 1e9)
                self._last[session] = max(stamp, self._last.get(session, 0))

    def report(self) -> dict[str, float]:
        """Return the counts by now, and the p99 since the last report."""
        p99, self._lags = self._lags.lag_ms(), Metrics()
        return {"requests": self.requests, "pages": self.pages, "durable_ms": p99}


class FarTable(asyncio.Protocol):
    """One connection, kept alive; its requests come one after the other."""

    def __init__(self, chance: Random, rows: FarRows, gauge: Gauge) -> None:
        self._chance = chance
        self._rows = rows
        self._gauge = gauge
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
        lower = head.lower()
        if not end or len(body) < int(lower.partition(LENGTH)[2].partition(b"\r")[0]):
            return
        self._read = b""
        operation = lower.partition(TARGET)[2].partition(b"\r")[0].decode()
        delay = self._chance.uniform(SOONEST_S, LATEST_S)
        asyncio.get_running_loop().call_later(delay, self._answer, operation, json.loads(body))

    def _answer(self, operation: str, request: dict[str, Any]) -> None:
        self._gauge.requests += 1
        row = request.get("Item", {})
        if row and row["sk"]["S"].startswith("PAGE#"):
            self._gauge.durable(row)
        answer = json.dumps(self._rows.answer(operation, request)).encode()
        assert self._transport is not None
        self._transport.write(HEAD % len(answer) + answer)


async def main(calls: int) -> None:
    """Serve until killed."""
    os.sched_setaffinity(0, set(range(os.cpu_count() or 1)) - {CORE} or {CORE})
    chance, rows, gauge = Random(4), FarRows(calls), Gauge()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: FarTable(chance, rows, gauge), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(gauge.report()), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
