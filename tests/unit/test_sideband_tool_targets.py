"""Targets are told who asks in a way that they can believe, and nothing leads anywhere else."""

from __future__ import annotations

import asyncio
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from json import dumps, loads
from typing import Any

import httpx
import pytest
from botocore.exceptions import ReadTimeoutError
from sideband.tool_kit import Context, ToolFailed
from sideband.tool_targets import Targets, cut
from switchboard.domain.tool import HttpTarget, LambdaTarget, McpTarget, ServerTool, Target

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CONTEXT = Context("sess_1", "rtc_1", "call_1", "weather", "user:ada:1")
SECRETS = {"signing": "shared", "token": "t0k3n"}
Answer = Callable[[httpx.Request], httpx.Response]


def tool(target: Target, output_bytes: int = 64) -> ServerTool:
    return ServerTool("weather", "Tells the weather.", {"type": "object"}, target, output_bytes=output_bytes)


def run(target: Target, answer: Answer | None = None, functions: Any = None, **arguments: Any) -> str:
    """Have a target do its work, with an answer for each request."""
    transport = httpx.MockTransport(answer) if answer else None
    targets = Targets(lambda: SECRETS, functions, lambda: NOW, transport)
    try:
        return asyncio.run(targets(tool(target), arguments, CONTEXT))
    finally:
        targets.close()


def ask(answer: httpx.Response, target: HttpTarget, **arguments: Any) -> tuple[str, httpx.Request]:
    """Return the output, and the one request."""
    seen: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer

    output = run(target, take, **arguments)
    [request] = seen
    return output, request


def test_an_http_tool_gets_the_arguments_and_apart_from_them_who_asks() -> None:
    target = HttpTarget("https://tools.example/w?v=2", headers={"authorization": "Bearer ${token}"})
    output, request = ask(httpx.Response(200, text="It rains."), target, city="Oslo")
    assert output == "It rains."
    assert (request.method, str(request.url)) == ("POST", "https://tools.example/w?v=2")
    assert loads(request.content) == {"city": "Oslo"}
    assert request.headers["authorization"] == "Bearer t0k3n"
    assert request.headers["idempotency-key"] == "sess_1.call_1"
    assert loads(urlsafe_b64decode(request.headers["x-switchboard-context"])) == {
        "sessionId": "sess_1",
        "callId": "rtc_1",
        "toolCallId": "call_1",
        "tool": "weather",
        "idempotencyKey": "sess_1.call_1",
        "principal": {"kind": "user", "id": "ada:1"},
    }


def believes(request: httpx.Request, secret: str) -> bool:
    """The check of docs/tools.md, as a target does it."""
    stamp, signature = request.headers["x-switchboard-signature"].split(",")
    at, told = stamp.removeprefix("t="), request.headers["x-switchboard-context"]
    signed = "\n".join((at, request.method, request.url.raw_path.decode(), told, "")).encode()
    expected = hmac.new(secret.encode(), signed + request.content, sha256).hexdigest()
    return hmac.compare_digest(f"v1={expected}", signature) and int(at) == NOW.timestamp()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "GET", "DELETE"])
def test_a_target_can_believe_what_is_signed(method: str) -> None:
    _, request = ask(httpx.Response(200), HttpTarget("https://tools.example/w?v=2", method), city="Öslo & co")
    assert believes(request, "shared")
    assert not believes(request, "guessed")


def test_a_get_has_its_arguments_in_the_query_and_none_takes_the_place_of_a_configured_one() -> None:
    target = HttpTarget("https://tools.example/w?key=ours", "GET")
    _, request = ask(httpx.Response(200), target, key="theirs", days=3, city="Oslo")
    assert dict(request.url.params) == {"key": "ours", "days": "3", "city": "Oslo"}
    assert request.content == b""


@pytest.mark.parametrize("status", [301, 302, 307, 404, 500])
def test_redirects_and_errors_are_failures_and_lead_nowhere(status: int) -> None:
    answer = httpx.Response(status, headers={"location": "http://169.254.169.254/"}, text="secret words")
    with pytest.raises(ToolFailed, match=f"status {status}") as failed:
        ask(answer, HttpTarget("https://tools.example/w"))
    assert "secret words" not in str(failed.value)


def test_what_cannot_be_reached_is_asked_once() -> None:
    asked = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ConnectError("no")

    with pytest.raises(ToolFailed):
        run(HttpTarget("https://tools.example/w"), refuse)
    assert len(asked) == 1


def test_a_large_output_is_cut_and_says_so() -> None:
    output, _ = ask(httpx.Response(200, text="ö" * 1000), HttpTarget("https://tools.example/w"))
    assert len(output.encode()) <= 64
    assert output.endswith("[cut: the output was longer than 64 bytes]")
    assert cut(b"x" * 64, 64) == "x" * 64


def test_what_would_swell_is_not_unpacked() -> None:
    answer = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"\x1f\x8b"))
    with pytest.raises(ToolFailed, match="encoding"):
        ask(answer, HttpTarget("https://tools.example/w"))


class Functions:
    """Lambda, as far as tools see it."""

    def __init__(self, payload: Any = None, error: str | None = None) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self._payload, self._error = payload, error

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.asked.append({**request, "Payload": loads(request["Payload"])})
        if isinstance(self._payload, Exception):
            raise self._payload
        answer = {"Payload": BytesIO(dumps(self._payload).encode())}
        return answer | ({"FunctionError": self._error} if self._error else {})


def test_a_function_gets_arguments_and_context_side_by_side() -> None:
    functions = Functions({"booked": True})
    output = run(LambdaTarget("book"), functions=functions, city="Oslo")
    assert loads(output) == {"booked": True}
    [asked] = functions.asked
    assert (asked["FunctionName"], asked["InvocationType"]) == ("book", "RequestResponse")
    assert asked["Payload"]["arguments"] == {"city": "Oslo"}
    assert asked["Payload"]["context"]["principal"] == {"kind": "user", "id": "ada:1"}


def test_words_of_a_function_are_told_without_quotes() -> None:
    assert run(LambdaTarget("book"), functions=Functions("Done, it is “yours”.")) == "Done, it is “yours”."


@pytest.mark.parametrize(
    "functions",
    [
        Functions({"errorMessage": "KeyError: key"}, "Unhandled"),
        Functions(ReadTimeoutError(endpoint_url="x")),
    ],
)
def test_a_function_that_fails_tells_nothing_of_its_inside(functions: Functions) -> None:
    with pytest.raises(ToolFailed) as failed:
        run(LambdaTarget("book"), functions=functions)
    assert "key" not in str(failed.value).lower()
    assert len(functions.asked) == 1


def mcp(result: dict[str, Any], seen: list[dict[str, Any]]) -> Answer:
    """A server of tools that keeps what it was asked."""

    def answer(request: httpx.Request) -> httpx.Response:
        message = loads(request.content)
        seen.append({**message, "token": request.headers.get("authorization")})
        if "id" not in message:
            return httpx.Response(202)
        told = {"protocolVersion": "2025-06-18"} if message["method"] == "initialize" else result
        body = dumps({"jsonrpc": "2.0", "id": message["id"], "result": told})
        return httpx.Response(200, text=body, headers={"content-type": "application/json"})

    return answer


def test_a_tool_of_an_mcp_server_is_called_with_the_context_as_meta() -> None:
    seen: list[dict[str, Any]] = []
    target = McpTarget("https://tools.example/mcp", "search", "${token}")
    answer = mcp({"content": [{"type": "text", "text": "Found."}]}, seen)
    assert run(target, answer, query="x") == "Found."
    assert [message["method"] for message in seen] == [
        "initialize",
        "notifications/initialized",
        "tools/call",
    ]
    params = seen[-1]["params"]
    assert (params["name"], params["arguments"]) == ("search", {"query": "x"})
    assert params["_meta"]["switchboard/context"]["idempotencyKey"] == "sess_1.call_1"
    assert {message["token"] for message in seen} == {"Bearer t0k3n"}


def test_an_error_that_an_mcp_tool_reports_is_a_failure() -> None:
    answer = mcp({"content": [{"type": "text", "text": "No such page."}], "isError": True}, [])
    with pytest.raises(ToolFailed, match="No such page"):
        run(McpTarget("https://tools.example/mcp", "search"), answer)
