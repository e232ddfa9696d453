"""Print the tools of an MCP server as entries for `tools.json`: `python -m dev.mcp_tools URL [TOKEN]`."""

from __future__ import annotations

import asyncio
import json
import sys

import httpx
from switchboard.agent import limits
from switchboard.upstream.mcp import McpClient


async def entries(url: str, token: str | None) -> dict[str, object]:
    """Return an entry for each tool that the server lists; to whom they are granted is for people to say."""
    client = McpClient(url, token, httpx.Timeout(limits.TOOL_SECONDS), limits.MCP_BYTES)
    return {
        tool["name"]: {
            "description": tool.get("description") or tool["name"],
            "parameters": tool.get("inputSchema") or {"type": "object", "properties": {}},
            "mcp": {"url": url, "tool": tool["name"]},
        }
        async for tool in client.list()
    }


if __name__ == "__main__":
    address, token = (*sys.argv[1:], "")[:2]
    print(json.dumps(asyncio.run(entries(address, token or None)), indent=2))
