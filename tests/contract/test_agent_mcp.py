"""Tools of MCP servers, against a server of the official package over HTTP; and servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from mcp.server import MCPServer
from switchboard.agent import limits, tools
from switchboard.agent.mcp import McpServer
from switchboard.agent.tools import Toolbox

from tests.contract.agent_site import answering

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"


def library() -> MCPServer:
    server = MCPServer("library")

    @server.tool()
    def find(words: str, most: int = 3) -> str:
        """Find books."""
        return f"{most} books about {words}"

    @server.tool()
    def fail() -> str:
        """Never work."""
        raise ValueError("no such shelf")

    @server.tool()
    async def dream() -> str:
        """Take for ever."""
        await asyncio.Event().wait()
        return ""

    return server


@asynccontextmanager
async def serving(*, json_response: bool = False, stateless_http: bool = False) -> AsyncIterator[str]:
    """Yield the URL of a library on a free port."""
    app = library().streamable_http_app(json_response=json_response, stateless_http=stateless_http)
    config = uvicorn.Config(app, port=0, log_level="error")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.lifespan.startup()
    await server.startup()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    server.force_exit = True
    await server.shutdown()


@pytest.mark.parametrize("options", [{}, {"json_response": True}, {"stateless_http": True}], ids=str)
async def test_a_servers_tools_are_offered_and_called(options: dict[str, bool]) -> None:
    async with serving(**options) as url:
        offered = await Toolbox((), (McpServer("lib", url),)).open()
        assert sorted(offered) == ["lib__dream", "lib__fail", "lib__find"]
        described = offered["lib__find"].as_dict()
        assert described["description"] == "Find books."
        assert described["parameters"]["required"] == ["words"]
        outcome = await tools.call(offered, "lib__find", '{"words": "the sea"}')
        assert (outcome.status, outcome.output) == ("ok", "3 books about the sea")


async def test_a_tools_own_error_is_told_to_the_model() -> None:
    async with serving() as url:
        offered = await Toolbox((), (McpServer("lib", url),)).open()
        outcome = await tools.call(offered, "lib__fail", "{}")
        assert "reports an error" in outcome.output


async def test_a_tool_that_takes_too_long_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TOOL_SECONDS", 0.2)
    async with serving() as url:
        offered = await Toolbox((), (McpServer("lib", url),)).open()
        outcome = await tools.call(offered, "lib__dream", "{}")
        assert outcome.status != "ok"


async def test_only_the_tools_that_are_named_are_offered() -> None:
    async with serving() as url:
        server = McpServer.of({"label": "lib", "url": url, "tools": ["find"]}, {})
        assert [tool.name for tool in await server.tools()] == ["lib__find"]


async def test_a_server_that_has_forgotten_us_is_greeted_again() -> None:
    async with serving() as url:
        server = McpServer("lib", url)
        offered = await Toolbox((), (server,)).open()
        assert server._client._session is not None
        server._client._session["mcp-session-id"] = "00000000000000000000000000000000"
        outcome = await tools.call(offered, "lib__find", '{"words": "the sea"}')
        assert outcome.status == "ok"


async def test_a_server_that_is_away_offers_nothing_and_stops_nobody() -> None:
    async with serving() as url:
        server = McpServer("lib", url)
        assert await McpServer("gone", "http://127.0.0.1:1/mcp").tools() == ()
        assert len(await server.tools()) == 3
    assert len(await server.tools()) == 3, "its list is believed for a while"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{",
        b"[]",
        b'{"jsonrpc": "2.0", "id": 1, "error": {"code": 1}}',
        b'{"id": 1, "result": 3}',
        b" " * (limits.MCP_BYTES + 1),
    ],
    ids=lambda value: repr(value[:20]),
)
async def test_a_server_that_answers_nonsense_offers_nothing(answer: bytes) -> None:
    async with answering(OK + answer) as url:
        assert await McpServer("odd", url).tools() == ()


def test_a_server_that_the_upstream_asks_itself_is_described_to_it() -> None:
    entry = {
        "label": "lib",
        "url": "https://lib.example.com/mcp",
        "token_env": "LIB_TOKEN",
        "tools": ["find"],
    }
    assert McpServer.of(entry, {"LIB_TOKEN": "secret"}).as_hosted() == {
        "type": "mcp",
        "server_label": "lib",
        "server_url": "https://lib.example.com/mcp",
        "authorization": "secret",
        "allowed_tools": ["find"],
        "require_approval": "never",
    }
