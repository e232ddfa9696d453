"""Tools of MCP servers, as the text agent offers them to the model."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from time import monotonic
from typing import Any

import httpx

from switchboard.agent import limits
from switchboard.agent.tools import Tool
from switchboard.upstream.mcp import McpClient, McpFailed

log = logging.getLogger(__name__)

Json = dict[str, Any]


class McpServer:
    """One server. Its tools are named `label__tool`, so that two servers' tools do not meet."""

    def __init__(
        self,
        label: str,
        url: str,
        token: str | None = None,
        only: frozenset[str] | None = None,
    ) -> None:
        self._label = label
        self._url = url
        self._token = token
        self._only = only
        self._listed: tuple[float, tuple[Tool, ...]] | None = None
        timeout = httpx.Timeout(limits.TOOL_SECONDS, connect=limits.MCP_CONNECT_SECONDS)
        self._client = McpClient(url, token, timeout, limits.MCP_BYTES)

    @classmethod
    def of(cls, entry: Mapping[str, Any], environ: Mapping[str, str]) -> McpServer:
        """Return the server of `{label, url, token_env?: the name of a variable, tools?: [names]}`."""
        only = frozenset(entry["tools"]) if entry.get("tools") else None
        return cls(entry["label"], entry["url"], environ.get(str(entry.get("token_env"))), only)

    def as_hosted(self) -> Json:
        """Return the server as a tool that the upstream runs itself."""
        hosted: Json = {"type": "mcp", "server_label": self._label, "server_url": self._url}
        if self._token:
            hosted["authorization"] = self._token
        if self._only:
            hosted["allowed_tools"] = sorted(self._only)
        return {**hosted, "require_approval": "never"}

    async def tools(self) -> tuple[Tool, ...]:
        """Return the server's tools, believed for some minutes; none when it cannot be reached."""
        if self._listed and monotonic() - self._listed[0] < limits.MCP_TOOLS_SECONDS:
            return self._listed[1]
        try:
            found = await self._list()
        except McpFailed:
            log.warning("agent.mcp_unreachable", extra={"server": self._label})
            return self._listed[1] if self._listed else ()
        self._listed = monotonic(), found
        return found

    async def _list(self) -> tuple[Tool, ...]:
        return tuple(
            [
                self._tool(entry)
                async for entry in self._client.list()
                if self._only is None or entry["name"] in self._only
            ]
        )

    def _tool(self, entry: Json) -> Tool:
        schema = entry.get("inputSchema") or {"type": "object", "properties": {}}
        run = partial(self._call, entry["name"])
        return Tool(f"{self._label}__{entry['name']}", str(entry.get("description") or ""), schema, run)

    async def _call(self, name: str, /, **arguments: Any) -> str:
        is_done, words = await self._client.call(name, arguments)
        return words if is_done else f"The tool reports an error: {words}"
