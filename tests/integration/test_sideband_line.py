"""The sideband's own connection, against a server of the websockets library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from sideband import limits
from sideband.line import ABNORMAL
from sideband.socket import Hung, Socket, connector
from switchboard.domain.secret import ApiKey
from websockets.asyncio.server import ServerConnection, serve

from tests.integration.hearing import Hearing

Serve = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def connected(speak: Serve) -> AsyncIterator[Socket]:
    """A socket to a server that does as it is told with each connection."""
    async with serve(speak, "127.0.0.1", 0, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        socket = await connector(f"http://127.0.0.1:{port}")("rtc_1", ApiKey("sk-test"))
        yield socket
        await socket.close()


async def test_frames_come_in_order_whole_or_in_pieces() -> None:
    async def speak(connection: ServerConnection) -> None:
        await connection.send("one")
        await connection.send(["t", "w", "o"])
        await connection.ping()
        await connection.send("three")
        await connection.wait_closed()

    async with connected(speak) as socket:
        assert await Hearing(socket).frames_up_to(3) == [b"one", b"two", b"three"]


async def test_what_is_said_while_nobody_attends_waits() -> None:
    said = [f"{number}" for number in range(3 * limits.FRAMES_WAITING)]

    async def speak(connection: ServerConnection) -> None:
        for word in said:
            await connection.send(word)
        await connection.recv()
        await connection.close(1012)

    async with connected(speak) as socket:
        first = Hearing(socket)
        await first.frames_up_to(1)
        socket.attend(None)
        await socket.send(b"go on")
        second = Hearing(socket)
        assert await second.over_with() == 1012
        assert [frame.decode() for frame in first.frames + second.frames] == said


async def test_a_few_large_frames_are_held_back_as_many_small_ones_are() -> None:
    said = [f"{number}" * 1_000_000 for number in range(limits.FRAMES_WAITING - 1)]

    async def speak(connection: ServerConnection) -> None:
        for words in said:
            await connection.send(words)
        await connection.recv()

    async with connected(speak) as socket:
        line = socket._line  # type: ignore[attr-defined]  # nothing else shows that the upstream has to wait
        async with asyncio.timeout(10):
            while line.transport.is_reading():  # noqa: ASYNC110 (a transport signals nothing)
                await asyncio.sleep(0.01)
        assert sum(map(len, line._waiting)) < 3 * limits.BYTES_WAITING + len(said[0])
        frames = await Hearing(socket).frames_up_to(len(said))
        assert [frame.decode() for frame in frames] == said
        await socket.send(b"thanks")


@pytest.mark.parametrize("pieces", [["x" * 2_000], ["x" * 400] * 5], ids=["whole", "in pieces"])
async def test_a_frame_that_is_too_large_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch, pieces: list[str]
) -> None:
    monkeypatch.setattr(limits, "FRAME_BYTES", 1_000)

    async def speak(connection: ServerConnection) -> None:
        await connection.send("one")
        await connection.send(pieces)
        await connection.wait_closed()

    async with connected(speak) as socket:
        hearing = Hearing(socket)
        assert await hearing.over_with() == ABNORMAL
        assert hearing.frames == [b"one"]


async def test_frames_are_told_as_bytes_whatever_they_hold() -> None:
    said = [b"\xff\xfe", b"", b"\x00"]

    async def speak(connection: ServerConnection) -> None:
        for frame in said:
            await connection.send(frame)
        await connection.send(b"\xff", text=True)
        await connection.wait_closed()

    async with connected(speak) as socket:
        assert await Hearing(socket).frames_up_to(4) == [*said, b"\xff"]


async def test_the_end_is_told_to_whoever_comes_after_it() -> None:
    async def speak(connection: ServerConnection) -> None:
        await connection.close(1001)

    async with connected(speak) as socket:
        assert await Hearing(socket).over_with() == 1001
        assert await Hearing(socket).over_with() == 1001
        with pytest.raises(Hung):
            await socket.send(b"{}")


async def test_an_upstream_that_answers_pings_stays_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PING", 0.02)
    pinged = 0

    async def speak(connection: ServerConnection) -> None:
        nonlocal pinged
        process = connection.process_event

        def count(event: object) -> None:
            nonlocal pinged
            pinged += 1
            process(event)  # type: ignore[arg-type]  # whatever the library hands on

        connection.process_event = count  # type: ignore[method-assign]  # to count pings, which it answers itself
        while pinged < 5:
            await connection.ping()
            await (await connection.ping())
        await connection.send("enough")
        await connection.wait_closed()

    async with connected(speak) as socket:
        hearing = Hearing(socket)
        assert await hearing.frames_up_to(1) == [b"enough"]
        assert hearing.code is None


async def test_an_upstream_that_answers_no_ping_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PING", 0.05)

    async def speak(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await connection.wait_closed()

    async with connected(speak) as socket:
        assert await Hearing(socket).over_with() == 1006
