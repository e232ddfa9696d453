"""The process that plays the upstream of a full host: thousands of calls that talk at an ordinary pace.

Started as `python -m bench.crowd CALLS TURNS CERTIFICATE`, `-` for none. It prints its port, then `ready`
once that many calls are connected. Told `go`, it plays; it prints `steady` when every call has begun to talk,
and `done` when the first comes to its end, with the p99 of how late it was itself in milliseconds, and its
frames a second.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import os
import resource
import ssl
import sys
import time
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode

from bench.listener import CORE
from bench.script import STAMP, conversation, stamped, timed

PAUSE_S = 5.0
"""Between a reply's end and the next words: with it, the recorded turns come four times a minute."""
GROUPS = 500
"""Calls are not in step: as many groups of them, spread over one turn."""
STEP_S = 0.002


class Group:
    """Calls that are in step, and where they are in their talk."""

    __slots__ = ("connections", "next", "stamps")

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.next = 0
        self.stamps: dict[bytes, bytes] = {}


async def main(calls: int, turns: int, certificate: str) -> None:
    """Serve until killed."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    told = timed(stamped(conversation(turns)), PAUSE_S)
    frames = [(moment, _serialized(frame), _item(frame)) for moment, frame in told]
    groups = [Group() for _ in range(min(GROUPS, calls))]
    complete = asyncio.Event()
    connected = 0

    async def hold(connection: ServerConnection) -> None:
        nonlocal connected
        groups[connected % len(groups)].connections.append(connection)
        connected += 1
        if connected == calls:
            complete.set()
        await connection.wait_closed()

    os.sched_setaffinity(0, set(range(os.cpu_count() or 1)) - {CORE} or {CORE})
    trust = None
    if certificate != "-":
        trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        trust.load_cert_chain(certificate)
    options: dict[str, Any] = {
        "compression": None,
        "ping_interval": None,
        "backlog": 1024,
        "open_timeout": 60,
    }
    async with serve(hold, "127.0.0.1", 0, ssl=trust, **options) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await complete.wait()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        late, seconds = await _play(groups, frames, frames[-1][0] / turns)
        p99, a_second = sorted(late)[int(0.99 * len(late))], len(late) * calls / len(groups) / seconds
        print(f"done {1000 * p99:.0f} {a_second:.0f}", flush=True)
        await asyncio.Event().wait()


async def _play(
    groups: list[Group], frames: list[tuple[float, bytes, bytes]], turn: float
) -> tuple[list[float], float]:
    """Play until the first group is at its end; return how late frames were since all talk, and how long."""
    begun = time.monotonic()
    starts = [begun + turn * number / len(groups) for number in range(len(groups))]
    due = [(start + frames[0][0], number) for number, start in enumerate(starts)]
    heapq.heapify(due)
    late: list[float] = []
    steady = False
    while True:
        now = time.monotonic()
        if not steady and now > begun + turn:
            steady = True
            late.clear()
            print("steady", flush=True)
        while due[0][0] <= now:
            moment, number = due[0]
            group = groups[number]
            late.append(time.monotonic() - moment)
            _tell(group, *frames[group.next][1:])
            group.next += 1
            if group.next == len(frames):
                return late, now - begun - turn
            heapq.heapreplace(due, (starts[number] + frames[group.next][0], number))
        await asyncio.sleep(STEP_S)


def _tell(group: Group, frame: bytes, item: bytes) -> None:
    """Send a frame; the first that has an item's last words stamps them with the time."""
    if item:
        stamp = group.stamps.get(item)
        if stamp is None:
            stamp = group.stamps[item] = b"%0*d" % (len(STAMP), time.monotonic_ns())
        frame = frame.replace(STAMP.encode(), stamp)
    for connection in group.connections:
        connection.transport.write(frame)


def _serialized(frame: str) -> bytes:
    return Frame(Opcode.TEXT, frame.encode()).serialize(mask=False)


def _item(frame: str) -> bytes:
    """Return something that tells the item whose stamp is in the frame from others; empty without a stamp."""
    if STAMP not in frame:
        return b""
    event = json.loads(frame)
    outputs = event.get("response", {}).get("output", [{}])
    return str(event.get("item_id") or event.get("item", outputs[0])["id"]).encode()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
