"""Tools of MCP servers, by the streamable HTTP transport: what a server lists, and what its tools answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from itertools import count
from json import dumps, loads
from time import monotonic
from typing import Any

import httpx

from switchboard.agent import limits
from switchboard.agent.per_loop import PerLoop
from switchboard.agent.sse import SseParser
from switchboard.agent.tools import Tool
from switchboard.domain.errors import SwitchboardError

log = logging.getLogger(__name__)

Json = dict[str, Any]
VERSION = "2025-06-18"
"""The protocol that we ask for; a server answers with the one that it speaks."""


class McpFailed(SwitchboardError):
    """A server did not do what was asked."""

    code = "mcp_failed"


class McpServer:
    """One server. Its tools are named `label__tool`, so that two servers' tools do not meet.

    A session with the server is opened when it is first needed and again when the server has forgotten it.
    """

    def __init__(
        self,
        label: str,
        url: str,
        token: str | None = None,
        only: frozenset[str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: float = limits.TOOL_SECONDS,
    ) -> None:
        self._label = label
        self._url = url
        self._token = token
        self._only = only
        self._numbers = count(1)
        self._session: dict[str, str] | None = None
        self._listed: tuple[float, tuple[Tool, ...]] | None = None
        timeout = httpx.Timeout(seconds, connect=limits.MCP_CONNECT_SECONDS)
        self._clients = PerLoop(lambda: httpx.AsyncClient(timeout=timeout, transport=transport))

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
        found: list[Tool] = []
        cursor: Json = {}
        while True:
            page = await self._ask("tools/list", cursor)
            found += [self._tool(entry) for entry in page.get("tools", []) if self._wanted(entry)]
            if not page.get("nextCursor"):
                return tuple(found)
            cursor = {"cursor": page["nextCursor"]}

    def _wanted(self, entry: Json) -> bool:
        return isinstance(entry.get("name"), str) and (self._only is None or entry["name"] in self._only)

    def _tool(self, entry: Json) -> Tool:
        schema = entry.get("inputSchema") or {"type": "object", "properties": {}}
        run = partial(self._call, entry["name"])
        return Tool(f"{self._label}__{entry['name']}", str(entry.get("description") or ""), schema, run)

    async def call(self, name: str, arguments: Json, meta: Json | None = None) -> tuple[bool, str]:
        """Return whether a tool did its work, and the text of its answer. Raise McpFailed.

        `meta` is told to the server apart from the arguments.
        """
        params: Json = {"name": name, "arguments": arguments}
        answer = await self._ask("tools/call", params | ({"_meta": meta} if meta else {}))
        words = "\n".join(
            str(part.get("text", "")) for part in answer.get("content", []) if part.get("type") == "text"
        )
        return not answer.get("isError"), words or dumps(answer.get("structuredContent", {}))

    async def _call(self, name: str, /, **arguments: Any) -> str:
        is_done, words = await self.call(name, arguments)
        return words if is_done else f"The tool reports an error: {words}"

    async def _ask(self, method: str, params: Json) -> Json:
        """Return the result of a request, in the open session or in a new one. Raise McpFailed."""
        session = self._session or await self._open()
        try:
            return await self._post(method, params, session)
        except _Forgotten:
            return await self._post(method, params, await self._open())

    async def _open(self) -> dict[str, str]:
        """Return the headers of a new session: whole before anybody else may use it."""
        session: dict[str, str] = {}
        hello = {
            "protocolVersion": VERSION,
            "capabilities": {},
            "clientInfo": {"name": "switchboard", "version": "1"},
        }
        answer = await self._post("initialize", hello, session)
        session["mcp-protocol-version"] = str(answer.get("protocolVersion", VERSION))
        await self._post("notifications/initialized", None, session)
        self._session = session
        return session

    async def _post(self, method: str, params: Json | None, session: dict[str, str]) -> Json:
        """Send one message; return its result (nothing for a notification). Raise McpFailed."""
        message: Json = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            message |= {"id": next(self._numbers), "params": params}
        headers = {"accept": "application/json, text/event-stream", **session}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        try:
            async with self._clients.get().stream("POST", self._url, json=message, headers=headers) as answer:
                if answer.status_code == httpx.codes.NOT_FOUND and "mcp-session-id" in session:
                    raise _Forgotten("The server has forgotten the session.")
                if answer.is_error:
                    raise McpFailed(f"The server answered {answer.status_code}.")
                if "mcp-session-id" in answer.headers:
                    session["mcp-session-id"] = answer.headers["mcp-session-id"]
                return await _result(answer, message["id"]) if params is not None else {}
        except httpx.HTTPError as error:
            raise McpFailed("The server could not be reached in time.") from error


class _Forgotten(McpFailed):
    """The server does not know our session any more."""


async def _result(answer: httpx.Response, number: int) -> Json:
    """Return the result of request `number` from a JSON body or an event stream. Raise McpFailed."""
    streamed = answer.headers.get("content-type", "").startswith("text/event-stream")
    parser, whole = SseParser(limits.MCP_BYTES), b""
    async for chunk in answer.aiter_bytes():
        if not streamed:
            whole += chunk
            if len(whole) > limits.MCP_BYTES:
                raise McpFailed("The server's answer is too large.")
            continue
        for data in parser.feed(chunk):
            message = _message(data)
            if message.get("id") == number:
                return _outcome(message)
    return _outcome(_message(whole))


def _message(data: bytes) -> Json:
    try:
        message = loads(data)
    except (ValueError, RecursionError) as error:
        raise McpFailed("The server answered with something unreadable.") from error
    return message if isinstance(message, dict) else {}


def _outcome(message: Json) -> Json:
    result = message.get("result")
    if not isinstance(result, dict):
        raise McpFailed("The server refused the request.")
    return result
