"""The gateway passes everything on as it is, streams, and serves what the engine cannot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from dev.gateway import app as gateway
from dev.gateway import limits
from tests.integration.conftest import EVENTUALLY_S

GO_ON = web.AppKey("go_on", asyncio.Event)
LEFT = web.AppKey("left", asyncio.Event)


async def engine_answer(request: web.Request) -> web.StreamResponse:
    """Stand in for the engine: answer with two cookies, or never, or in two pieces."""
    if request.path.endswith("/slow"):
        await asyncio.Event().wait()
    response = web.StreamResponse(status=202, headers={"X-Path": request.raw_path, "X-Host": request.host})
    response.headers.add("Set-Cookie", "a=1")
    response.headers.add("Set-Cookie", "b=2")
    await response.prepare(request)
    await response.write(b"first ")
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
    app.router.add_route("*", "/{path:.*}", engine_answer)
    server = TestServer(app)
    await server.start_server()
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
        files={"/console": tmp_path},
    )
    server = TestServer(gateway.create_app(settings))
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


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


async def test_a_streamed_path_keeps_its_name_and_knows_no_stage(url: str) -> None:
    async with ClientSession() as client, client.get(f"{url}/agent/query?q=1") as answer:
        assert answer.headers["X-Path"] == "/agent/query?q=1"


async def test_files_are_served_under_their_prefix(url: str) -> None:
    async with ClientSession() as client, client.get(f"{url}/console/") as answer:
        assert await answer.text() == "<h1>console</h1>"


async def test_an_integration_that_is_too_slow_is_a_504(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API_TIMEOUT_S", 0.05)
    async with ClientSession() as client, client.get(f"{url}/slow") as answer:
        assert (answer.status, await answer.json()) == (504, {"message": "Endpoint request timed out"})


async def test_an_engine_that_is_gone_is_a_502(url: str, engine: TestServer) -> None:
    await engine.close()
    async with ClientSession() as client, client.get(f"{url}/x") as answer:
        assert answer.status == 502
