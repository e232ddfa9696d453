"""The gateway passes everything on as it is, streams, and serves what the engine cannot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from dev.gateway import app as gateway
from dev.gateway import limits
from tests.integration.conftest import EVENTUALLY_S

GO_ON = web.AppKey("go_on", asyncio.Event)
LEFT = web.AppKey("left", asyncio.Event)


async def engine_answer(request: web.Request) -> web.StreamResponse:
    """Stand in for the engine: answer with two cookies, or never, or in two pieces, or break off."""
    if request.path.endswith("/slow"):
        await asyncio.Event().wait()
    response = web.StreamResponse(status=202, headers={"X-Path": request.raw_path, "X-Host": request.host})
    response.headers["X-Said"] = request.headers.get("X-Say", "")
    response.headers.add("Set-Cookie", "a=1")
    response.headers.add("Set-Cookie", "b=2")
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    await response.write(b"first ")
    if request.path.endswith("/cut") and request.transport is not None:
        request.transport.abort()
    if request.path.endswith("/pieces"):
        try:
            await request.app[GO_ON].wait()
        except asyncio.CancelledError:
            request.app[LEFT].set()
            raise
    await response.write(await request.read())
    return response


@pytest.fixture
async def engine() -> AsyncIterator[TestServer]:
    """Serve the stand-in."""
    app = web.Application()
    app[GO_ON] = asyncio.Event()
    app[LEFT] = asyncio.Event()
    app.router.add_route("*", "/{path:(?s:.*)}", engine_answer)
    server = TestServer(app)
    await server.start_server(auto_decompress=False, max_field_size=2 * limits.MAX_HEADER_BYTES)
    yield server
    await server.close()


@pytest.fixture
async def url(engine: TestServer, tmp_path: Path) -> AsyncIterator[str]:
    """Serve the gateway in front of it."""
    (tmp_path / "index.html").write_text("<h1>console</h1>")
    settings = gateway.Settings(
        engine=engine.make_url("/"),
        host="abc.execute-api.localhost:1",
        stage="dev",
        streams={"/agent": engine.make_url("/")},
        routes={"GET /talk/{id}/stream": engine.make_url("/")},
        files={"/console": tmp_path},
    )
    async with gateway.serving(settings, "127.0.0.1") as port:
        yield f"http://127.0.0.1:{port}"


async def told(answer: ClientResponse) -> Any:
    """Return the code of an error, which has the one shape."""
    error = (await answer.json())["error"]
    assert set(error) == {"code", "message", "request_id"}
    return error["code"]


async def raw_answer(url: str, request: bytes) -> bytes:
    """Send these bytes and return what comes back until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(url).port)
    writer.write(request)
    async with asyncio.timeout(EVENTUALLY_S):
        answer = await reader.read()
    writer.close()
    return answer


async def test_a_request_reaches_the_apis_stage_under_its_host(url: str) -> None:
    async with ClientSession() as client, client.post(URL(f"{url}/a%20b?x=%2F", encoded=True)) as answer:
        assert answer.headers["X-Path"] == "/dev/a%20b?x=%2F"
        assert answer.headers["X-Host"] == "abc.execute-api.localhost:1"


async def test_status_body_and_repeated_headers_come_back_unchanged(url: str) -> None:
    async with ClientSession() as client, client.post(f"{url}/x", data=b"\x00body") as answer:
        assert answer.status == 202
        assert await answer.read() == b"first \x00body"
        assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]


async def test_an_answer_is_passed_on_piece_by_piece(url: str, engine: TestServer) -> None:
    async with ClientSession() as client, client.get(f"{url}/agent/pieces") as answer:
        assert await answer.content.readany() == b"first "
        assert engine.app is not None
        engine.app[GO_ON].set()
        assert await answer.content.read() == b""


async def test_a_client_that_goes_away_ends_what_is_streamed_to_it(url: str, engine: TestServer) -> None:
    async with ClientSession() as client, client.get(f"{url}/agent/pieces") as answer:
        await answer.content.readany()
        answer.close()
    assert engine.app is not None
    async with asyncio.timeout(EVENTUALLY_S):
        await engine.app[LEFT].wait()


async def test_an_answer_that_breaks_off_breaks_off_for_the_client(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with ClientSession() as client, client.get(url + "/cut") as answer:
        with pytest.raises(ClientPayloadError):
            await answer.read()
    assert not caplog.records


async def test_a_streamed_path_keeps_its_name_and_knows_no_stage(url: str) -> None:
    async with ClientSession() as client, client.get(f"{url}/agent/query?q=1") as answer:
        assert answer.headers["X-Path"] == "/agent/query?q=1"


@pytest.mark.parametrize("segment", ["x", "%7B%7B7%7D%7D", "x%0a", "%2F"])
async def test_a_streamed_route_takes_whatever_stands_in_its_place(url: str, segment: str) -> None:
    path = f"/talk/{segment}/stream"
    async with ClientSession() as client, client.get(URL(url + path, encoded=True)) as answer:
        assert answer.headers["X-Path"] == path


@pytest.mark.parametrize("method", ["HEAD", "PUT", "OPTIONS"])
async def test_other_methods_of_a_streamed_route_are_the_apis_to_answer(url: str, method: str) -> None:
    async with ClientSession() as client, client.request(method, f"{url}/talk/x/stream") as answer:
        assert answer.headers["X-Path"] == "/dev/talk/x/stream"


async def test_a_path_with_a_line_feed_reaches_the_api(url: str) -> None:
    async with ClientSession() as client, client.get(URL(f"{url}/session/x%0a", encoded=True)) as answer:
        assert answer.headers["X-Path"] == "/dev/session/x%0a"


async def test_files_are_served_under_their_prefix(url: str) -> None:
    async with ClientSession() as client, client.get(f"{url}/console/") as answer:
        assert await answer.text() == "<h1>console</h1>"


async def test_an_integration_that_is_too_slow_is_a_504(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API_TIMEOUT_S", 0.05)
    async with ClientSession() as client, client.get(f"{url}/slow") as answer:
        assert answer.status == 504
        assert await told(answer) == "timeout"


async def test_an_engine_that_is_gone_is_a_502(url: str, engine: TestServer) -> None:
    await engine.close()
    async with ClientSession() as client, client.get(f"{url}/x") as answer:
        assert answer.status == 502
        assert await told(answer) == "internal_error"
        assert "127.0.0.1" not in await answer.text()


async def test_a_body_passes_as_it_is_whatever_it_says_that_it_is(url: str) -> None:
    claimed = {"Content-Encoding": "gzip"}
    async with ClientSession() as client, client.post(f"{url}/x", data=b"{}", headers=claimed) as answer:
        assert answer.status == 202
        assert await answer.read() == b"first {}"


@pytest.mark.parametrize("request_line", [b"N{}PE / HTTP/1.1", b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 20_000])
async def test_what_the_gateway_cannot_read_is_an_invalid_request(url: str, request_line: bytes) -> None:
    answer = await raw_answer(url, request_line + b"\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 400 " in head.splitlines()[0]
    assert json.loads(body)["error"]["code"] == "invalid_request"


async def test_a_long_header_is_passed_on(url: str) -> None:
    async with ClientSession() as client, client.get(f"{url}/x", headers={"X-Long": "a" * 9_000}) as answer:
        assert answer.status == 202


@pytest.mark.parametrize(
    ("said", "heard"), [(b"\xff", "ÿ"), (b"caf\xe9", "café"), ("café".encode(), "café"), (b"\x85", "\x85")]
)
async def test_a_header_is_passed_on_whatever_its_bytes_are(url: str, said: bytes, heard: str) -> None:
    request = b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Say: " + said + b"\r\n\r\n"
    head = (await raw_answer(url, request)).partition(b"\r\n\r\n")[0]
    assert f"X-Said: {heard}".encode() in head.split(b"\r\n")


async def test_requests_beyond_the_cap_wait_for_their_turn(
    engine: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "API_REQUESTS_AT_ONCE", 1)
    settings = gateway.Settings(engine=engine.make_url("/"), host="abc", stage="dev")
    async with gateway.serving(settings, "127.0.0.1") as port, ClientSession() as client:
        async with client.get(f"http://127.0.0.1:{port}/pieces") as first:
            assert await first.content.readany() == b"first "
            second = asyncio.ensure_future(client.get(f"http://127.0.0.1:{port}/x"))
            done, _ = await asyncio.wait([second], timeout=0.2)
            assert not done
            assert engine.app is not None
            engine.app[GO_ON].set()
        assert (await second).status == 202
