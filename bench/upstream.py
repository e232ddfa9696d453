"""The process that plays the upstream: holds connections and sends all of them one conversation.

Started as `python -m bench.upstream CALLS TURNS PIECES SECONDS`, with so many pieces of audio near the end.
It prints its port, then `ready` once that many calls are connected; told `go` it plays (a frame every SECONDS
to each call, 0 for as fast as they take it), prints `done`, and stays until it is killed.
"""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve

from bench.script import audible, conversation

GROUPS = 20
"""Calls are not in step: at one pace, a twentieth of them gets its frame at a time."""


async def main(calls: int, turns: int, pieces: int, seconds: float) -> None:
    """Serve until killed."""
    frames = audible(conversation(turns), pieces)
    connections: list[ServerConnection] = []
    complete = asyncio.Event()

    async def hold(connection: ServerConnection) -> None:
        connections.append(connection)
        if len(connections) == calls:
            complete.set()
        await connection.wait_closed()

    async with serve(hold, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await complete.wait()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        if seconds:
            await _paced(connections, frames, seconds)
        else:
            await asyncio.gather(*(_fast(connection, frames) for connection in connections))
        print("done", flush=True)
        await asyncio.Event().wait()


async def _paced(connections: list[ServerConnection], frames: list[str], seconds: float) -> None:
    groups = [connections[offset::GROUPS] for offset in range(GROUPS)]
    clock = asyncio.get_running_loop().time
    due = clock()
    for frame in frames:
        for group in groups:
            broadcast(group, frame)
            due += seconds / GROUPS
            await asyncio.sleep(max(0.0, due - clock()))


async def _fast(connection: ServerConnection, frames: list[str]) -> None:
    for frame in frames:
        await connection.send(frame)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
