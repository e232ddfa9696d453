"""A streamed answer, whatever its client does: it lives, has patience, and its end is always felt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from switchboard.agent import AgentEvent
from switchboard.agent.sse import broken, encoded
from switchboard.domain.errors import SwitchboardError
from switchboard.event_stream import HEARTBEAT, EventStream, ahead, begun

from tests.unit.sideband_world import until

PATIENCE_S = 20.0


class Client:
    """One end of an ASGI connection: keeps what is sent, reads only while it is told to."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.gone = asyncio.Event()
        self.reads = asyncio.Event()
        self.reads.set()

    async def receive(self) -> dict[str, str]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.sent.append(message.get("body", b""))


class Answer:
    """Pieces that come when they are told to; remembers how many were made, and how it was ended."""

    def __init__(self, fails: bool = False) -> None:
        self.more = asyncio.Event()
        self.made = 0
        self.ended: str | None = None
        self.saved = False
        self._fails = fails

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            self.made += 1
            yield b"start"
            await self.more.wait()
            if self._fails:
                raise RuntimeError("key=sk-1")
            self.made += 1
            yield b"done"
            self.made += 1
        except BaseException as end:
            self.ended = type(end).__name__
            raise
        finally:
            await asyncio.sleep(0.01)  # as whoever saves something does
            self.saved = True


Told = list[Exception | None]


def stream(
    answer: Answer, heartbeat: float = 30.0, patience: float = 30.0, **parts: Any
) -> tuple[EventStream, Told]:
    told: Told = []
    pieces = parts.get("pieces") or answer.pieces()
    response = EventStream(pieces, {}, b"broken", told.append)
    response.heartbeat, response.patience = heartbeat, patience
    return response, told


def run(response: EventStream, client: Client) -> asyncio.Task[None]:
    return asyncio.create_task(response({}, client.receive, client.send))


async def test_a_silent_stream_is_kept_alive_by_comments() -> None:
    client, answer = Client(), Answer()
    response, told = stream(answer, heartbeat=0.01)
    running = run(response, client)
    await until(lambda: client.sent.count(HEARTBEAT) >= 3)
    answer.more.set()
    await running
    assert [piece for piece in client.sent if piece != HEARTBEAT] == [b"", b"start", b"done", b""]
    assert told == [None]


@pytest.mark.parametrize("silent", [False, True], ids=["a piece waits", "a comment waits"])
async def test_a_client_that_never_reads_counts_as_gone(silent: bool) -> None:
    client, answer = Client(), Answer()
    response, told = stream(answer, heartbeat=0.01 if silent else 0.2, patience=0.03)
    running = run(response, client)
    await until(lambda: len(client.sent) > 1)
    client.reads.clear()
    if not silent:
        answer.more.set()
    await asyncio.wait_for(running, PATIENCE_S)
    assert (answer.saved, told) == (True, [None])


async def test_a_client_that_reads_slowly_gets_everything_and_is_waited_for() -> None:
    client, answer = Client(), Answer()
    response, told = stream(answer, heartbeat=0.01, patience=PATIENCE_S)
    running = run(response, client)
    await until(lambda: b"start" in client.sent)
    client.reads.clear()
    answer.more.set()
    await until(lambda: answer.made == 2)
    for _ in range(10):
        await asyncio.sleep(0)
    assert answer.made == 2
    client.reads.set()
    await running
    assert b"done" in client.sent
    assert (answer.made, told) == (3, [None])


async def test_a_client_that_disconnects_ends_the_stream_and_is_felt() -> None:
    client, answer = Client(), Answer()
    response, told = stream(answer)
    running = run(response, client)
    await until(lambda: b"start" in client.sent)
    client.gone.set()
    await running
    assert (answer.ended, answer.saved, told) == ("CancelledError", True, [None])


async def test_a_crash_is_told_without_its_cause_and_once() -> None:
    client, answer = Client(), Answer(fails=True)
    answer.more.set()
    response, told = stream(answer)
    await run(response, client)
    assert client.sent == [b"", b"start", b"broken", b""]
    assert [str(crashed) for crashed in told] == ["key=sk-1"]
    assert b"sk-1" not in broken(SwitchboardError("Something went wrong."))


async def test_a_server_that_stops_ends_the_stream_too() -> None:
    client, answer = Client(), Answer()
    response, told = stream(answer)
    running = run(response, client)
    await until(lambda: b"start" in client.sent)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (answer.saved, told) == (True, [None])


async def test_what_has_begun_feels_that_nobody_was_there_for_the_first_piece() -> None:
    client, answer = Client(), Answer()
    client.reads.clear()
    response, told = stream(answer, pieces=await begun(answer.pieces()))
    running = run(response, client)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (answer.saved, told) == (True, [None])


async def test_what_cannot_begin_is_an_error_and_no_stream() -> None:
    async def refuse() -> AsyncGenerator[bytes, None]:
        raise ValueError("no")
        yield b""

    for pieces in (refuse(), ahead(refuse())):
        with pytest.raises(ValueError, match="no"):
            await begun(pieces)


async def test_what_is_made_ahead_waits_for_nobody_and_is_cancelled_wherever_it_is() -> None:
    """As by libraries whose inner generators only learn of a client's leaving by being cancelled."""
    client, answer = Client(), Answer()

    async def outer() -> AsyncGenerator[bytes, None]:
        async for piece in answer.pieces():
            yield piece

    response, told = stream(answer, patience=0.03, heartbeat=0.01, pieces=await begun(ahead(outer())))
    client.reads.clear()
    running = run(response, client)
    await asyncio.sleep(0.01)
    client.reads.set()
    await until(lambda: b"start" in client.sent)
    client.reads.clear()  # whoever writes waits for the client now, not whoever makes
    await until(lambda: running.done())
    await running
    assert (answer.ended, answer.saved, told) == ("CancelledError", True, [None])


async def test_an_answer_of_the_agent_travels_as_events_and_is_closed_with_them() -> None:
    closed: list[bool] = []

    async def events() -> AsyncGenerator[AgentEvent, None]:
        try:
            yield AgentEvent("start")
            yield AgentEvent("token", 'a "b"\n')
        finally:
            closed.append(True)

    pieces = encoded(events())
    assert [await anext(pieces), await anext(pieces)] == [
        b'data: {"type":"start","content":""}\n\n',
        b'data: {"type":"token","content":"a \\"b\\"\\n"}\n\n',
    ]
    await pieces.aclose()
    assert closed == [True]
    assert broken(SwitchboardError("Sorry.")).count(b"data: ") == 2


def test_the_answers_headers_keep_proxies_from_gathering_it() -> None:
    response, _ = stream(Answer())
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "no-transform" in response.headers["cache-control"]
    assert "content-length" not in response.headers
    assert response.headers["x-accel-buffering"] == "no"
