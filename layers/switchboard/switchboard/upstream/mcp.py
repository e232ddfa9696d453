"""Speak to an MCP server by the streamable HTTP transport: what it lists, and what its tools answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from json import dumps, loads
from typing import Any

import httpx

from switchboard.domain import limits
from switchboard.domain.errors import SwitchboardError, UpstreamUnavailable
from switchboard.upstream.no_cookies import no_cookies
from switchboard.upstream.per_loop import PerLoop
from switchboard.upstream.sse import SseParser

Json = dict[str, Any]
VERSION = "2025-06-18"
"""The protocol that we ask for; a server answers with the one that it speaks."""


class McpFailed(SwitchboardError):
    """A server did not do what was asked."""

    code = "mcp_failed"


class McpClient:
    """One server. A session with it is opened when it is first needed, and again when it has forgotten that.

    Args:
        timeout: for one answer; who calls a tool may stop waiting sooner.
        most: bytes of one answer that are read.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        timeout: httpx.Timeout,
        most: int,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._token = token
        self._most = most
        self._numbers = count(1)
        self._session: dict[str, str] | None = None
        self._clients = PerLoop(
            lambda: httpx.AsyncClient(timeout=timeout, transport=transport, cookies=no_cookies())
        )

    async def list(self) -> AsyncIterator[Json]:
        """Yield the tools as the server describes them. Raise McpFailed."""
        cursor: Json = {}
        for _ in range(limits.MCP_PAGES):
            page = await self._ask("tools/list", cursor)
            for entry in _objects(page, "tools"):
                if isinstance(entry.get("name"), str):
                    yield entry
            if not page.get("nextCursor"):
                return
            cursor = {"cursor": page["nextCursor"]}
        raise McpFailed("The server's list does not end.")

    async def call(self, name: str, arguments: Json, meta: Json | None = None) -> tuple[bool, str]:
        """Return whether a tool did its work, and the text of its answer. Raise McpFailed.

        `meta` is told to the server apart from the arguments.
        """
        params: Json = {"name": name, "arguments": arguments}
        answer = await self._ask("tools/call", params | ({"_meta": meta} if meta else {}))
        parts = _objects(answer, "content")
        words = "\n".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")
        return not answer.get("isError"), words or dumps(answer.get("structuredContent", {}))

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
        # What would swell when it is unpacked is not asked for, and not unpacked.
        headers = {"accept": "application/json, text/event-stream", "accept-encoding": "identity", **session}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        try:
            async with self._clients.get().stream("POST", self._url, json=message, headers=headers) as answer:
                if answer.status_code == httpx.codes.NOT_FOUND and "mcp-session-id" in session:
                    raise _Forgotten("The server has forgotten the session.")
                if answer.is_error:
                    raise McpFailed(f"The server answered {answer.status_code}.")
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise McpFailed("The server answered in an encoding that was not asked for.")
                if "mcp-session-id" in answer.headers:
                    session["mcp-session-id"] = answer.headers["mcp-session-id"]
                return await _result(answer, message["id"], self._most) if params is not None else {}
        except httpx.HTTPError as error:
            raise McpFailed("The server could not be reached in time.") from error
        except UpstreamUnavailable as error:
            raise McpFailed("The server's answer is too large.") from error


class _Forgotten(McpFailed):
    """The server does not know our session any more."""


async def _result(answer: httpx.Response, number: int, most: int) -> Json:
    """Return the result of request `number` from a JSON body or an event stream. Raise McpFailed."""
    streamed = answer.headers.get("content-type", "").startswith("text/event-stream")
    parser, whole = SseParser(most), b""
    async for chunk in answer.aiter_bytes():
        if not streamed:
            whole += chunk
            if len(whole) > most:
                raise McpFailed("The server's answer is too large.")
            continue
        for data in parser.feed(chunk):
            message = _message(data)
            if message.get("id") == number:
                return _outcome(message)
    return _outcome(_message(whole))


def _objects(answer: Json, name: str) -> list[Json]:
    """Return the objects of a list, as far as there is one."""
    found = answer.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


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
