"""A target that misbehaves harms nobody else: no other person, no other tool, not the host."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from dataclasses import replace
from io import BytesIO
from json import dumps, loads
from threading import Event, Semaphore
from typing import Any

import httpx
import pytest
from sideband import limits
from sideband.tool_kit import ToolFailed
from sideband.tool_targets import Targets
from switchboard.domain.tool import HttpTarget, LambdaTarget, McpTarget, Target
from switchboard.upstream.mcp import McpClient, McpFailed

from tests.unit.test_sideband_tool_targets import CONTEXT, NOW, SECRETS, Answer, mcp, run, tool

PAGE = HttpTarget("https://tools.example/w")
SERVER = McpTarget("https://tools.example/mcp", "search")


def with_targets(story: Callable[[Targets], Awaitable[Any]], answer: Answer, functions: Any = None) -> Any:
    """Return what a story comes to, with an answer for each of its requests."""
    targets = Targets(lambda: SECRETS, functions, lambda: NOW, httpx.MockTransport(answer))

    async def told() -> Any:
        return await story(targets)

    try:
        return asyncio.run(told())
    finally:
        targets.close()


@pytest.mark.parametrize("target", [PAGE, SERVER], ids=["http", "mcp"])
def test_a_cookie_set_for_one_person_is_not_shown_for_the_next(target: Target) -> None:
    shown: list[str | None] = []
    rest = mcp({"content": []}, [])

    def answer(request: httpx.Request) -> httpx.Response:
        shown.append(request.headers.get("cookie"))
        said = rest(request) if target is SERVER else httpx.Response(200)
        said.headers["set-cookie"] = "session=adas; Path=/"
        return said

    async def story(targets: Targets) -> None:
        await targets(tool(target), {}, CONTEXT)
        await targets(tool(target), {}, replace(CONTEXT, owner="user:grace"))

    with_targets(story, answer)
    assert len(shown) >= 2
    assert set(shown) == {None}


def test_functions_that_hang_keep_no_other_tool_from_its_work() -> None:
    hang, hanging = Event(), Semaphore(0)

    class Hanging:
        def invoke(self, **request: Any) -> dict[str, Any]:
            hanging.release()
            hang.wait(10.0)
            return {"Payload": BytesIO(b"null")}

    async def story(targets: Targets) -> str:
        function = tool(LambdaTarget("book"))
        stuck = [asyncio.create_task(targets(function, {}, CONTEXT)) for _ in range(limits.TOOLS_OF_HOST)]
        try:
            async with asyncio.timeout(5.0):
                for _ in stuck:
                    await asyncio.to_thread(hanging.acquire)
                return await targets(tool(PAGE), {}, CONTEXT)
        finally:
            hang.set()
            await asyncio.gather(*stuck)

    assert with_targets(story, lambda _: httpx.Response(200, text="It rains."), Hanging()) == "It rains."


class Payload(BytesIO):
    """A function's answer; `given` are the bytes that were taken of it."""

    given = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.given += len(found)
        return found


class Saying:
    """A function with one answer, byte for byte."""

    def __init__(self, payload: bytes) -> None:
        self.payload = Payload(payload)

    def invoke(self, **request: Any) -> dict[str, Any]:
        return {"Payload": self.payload}


def test_of_a_functions_answer_no_more_is_read_than_could_be_told() -> None:
    functions = Saying(dumps("x" * 5_000_000).encode())
    assert "[cut: " in run(LambdaTarget("book"), functions=functions)
    assert functions.payload.given == limits.TOOL_ANSWER
    assert functions.payload.closed


def test_what_a_runtime_of_its_own_says_is_told_as_it_is() -> None:
    assert run(LambdaTarget("book"), functions=Saying(b"Booked <b>twice</b>.")) == "Booked <b>twice</b>."


@pytest.mark.parametrize(
    "result",
    [
        {"content": None},
        {"content": "words"},
        {"content": [None, 7, "words", {"type": "image"}]},
        {"content": {"type": "text", "text": "x"}},
    ],
    ids=str,
)
def test_an_mcp_answer_of_no_shape_is_an_answer_without_words(result: dict[str, Any]) -> None:
    assert run(SERVER, mcp(result, [])) == "{}"


def test_words_that_no_text_can_hold_are_told_as_marks() -> None:
    answer = mcp({"content": [{"type": "text", "text": "No \ud800."}], "isError": True}, [])
    with pytest.raises(ToolFailed, match=r"No \?\.$"):
        run(SERVER, answer)


@pytest.mark.parametrize(
    "answered",
    [
        httpx.Response(200, headers={"content-type": "text/event-stream"}, text="data: " + "x" * 300_000),
        httpx.Response(200, headers={"content-type": "application/json"}, text="[" * 200_000),
        httpx.Response(200, text='{"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "secret"}}'),
        httpx.Response(302, headers={"location": "http://169.254.169.254/"}),
        httpx.Response(200, content=b""),
    ],
    ids=["endless event", "deep", "refusal", "redirect", "silence"],
)
def test_a_server_that_speaks_no_mcp_is_out_of_reach(answered: httpx.Response) -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return answered

    with pytest.raises(ToolFailed, match="could not be reached, or refused") as failed:
        run(SERVER, answer)
    assert "secret" not in str(failed.value)
    assert [url.host for url in asked] == ["tools.example"]


def test_what_would_swell_is_not_unpacked_for_mcp_either() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    encodings: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        encodings.append(request.headers["accept-encoding"])
        body = httpx.ByteStream(bomb)
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=body)

    with pytest.raises(ToolFailed):
        run(SERVER, answer)
    assert encodings == ["identity"]


def test_a_list_that_never_ends_is_given_up() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        message = loads(request.content)
        if "id" not in message:
            return httpx.Response(202)
        told = {"protocolVersion": "2025-06-18", "tools": [{"name": "x"}, 7], "nextCursor": "again"}
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": message["id"], "result": told})

    async def listed() -> None:
        server = McpClient(SERVER.url, None, httpx.Timeout(5.0), 1000, httpx.MockTransport(answer))
        async for _ in server.list():
            pass

    with pytest.raises(McpFailed, match="does not end"):
        asyncio.run(listed())
