"""Print the tools of an MCP server as entries for `tools.json`: `python -m dev.mcp_tools URL [TOKEN]`."""

from __future__ import annotations

import asyncio
import json
import sys

from switchboard.agent.mcp import McpServer


async def entries(url: str, token: str | None) -> dict[str, object]:
    """Return an entry for each tool that the server lists; to whom they are granted is for people to say."""
    tools = await McpServer("", url, token).tools()
    return {
        tool.name.removeprefix("__"): {
            "description": tool.description,
            "parameters": tool.parameters,
            "mcp": {"url": url, "tool": tool.name.removeprefix("__")},
        }
        for tool in tools
    }


if __name__ == "__main__":
    address, token = (*sys.argv[1:], "")[:2]
    print(json.dumps(asyncio.run(entries(address, token or None)), indent=2))
