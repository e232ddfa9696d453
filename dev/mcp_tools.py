"""Print the tools of an MCP server as entries for `tools.json`: `make mcp-tools URL=https://…`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

import httpx
from switchboard.agent import limits
from switchboard.upstream.mcp import McpClient, McpFailed


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


def main() -> int:
    """Read the command line, print the entries; return 1, with the reason, if there are none."""
    parser = argparse.ArgumentParser(prog="python -m dev.mcp_tools", description=__doc__)
    parser.add_argument("url", help="the server's address")
    parser.add_argument("token", nargs="?", default="", help="bearer token, if it wants one")
    options = parser.parse_args()
    if not options.url.startswith(("http://", "https://")):
        parser.error("say which server: make mcp-tools URL=https://…")
    try:
        found = asyncio.run(entries(options.url, options.token or None))
    except McpFailed as failure:
        print(f"{options.url}: {failure.message}", file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
