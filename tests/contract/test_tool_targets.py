"""Tools of a real MCP server: written down as configuration, read again, and run as a host runs them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from sideband.tool_kit import Context, ToolFailed
from sideband.tool_targets import Targets
from switchboard.domain.tool_config import read_tools
from switchboard.domain.tool_schema import misfit

from dev.mcp_tools import entries
from tests.contract.test_agent_mcp import serving

CONTEXT = Context("sess_1", "rtc_1", "call_1", "find", "guest:1")


def targets() -> Targets:
    return Targets(dict, None, lambda: datetime.now(UTC))


@pytest.mark.parametrize("options", [{}, {"json_response": True}, {"stateless_http": True}], ids=str)
async def test_what_a_server_lists_can_be_configured_and_run(options: dict[str, bool]) -> None:
    async with serving(**options) as url:
        tools = read_tools(json.dumps(await entries(url, None)))
        find = tools.by_name["find"]
        assert (find.description, sorted(tools.by_name)) == ("Find books.", ["dream", "fail", "find"])
        assert misfit(find.parameters, {"words": 7}) == "words must be string"
        assert await targets()(find, {"words": "the sea"}, CONTEXT) == "3 books about the sea"


async def test_calls_at_once_on_a_fresh_server_are_all_answered() -> None:
    async with serving() as url:
        find = read_tools(json.dumps(await entries(url, None))).by_name["find"]
        run = targets()
        said = await asyncio.gather(*(run(find, {"words": str(n)}, CONTEXT) for n in range(8)))
        assert said == [f"3 books about {n}" for n in range(8)]


async def test_an_error_and_a_silence_are_no_answers() -> None:
    async with serving() as url:
        tools = read_tools(json.dumps(await entries(url, None))).by_name
        with pytest.raises(ToolFailed, match="reports an error"):
            await targets()(tools["fail"], {}, CONTEXT)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await targets()(tools["dream"], {}, CONTEXT)
