"""The ways to tools: HTTP, Lambda, MCP. Only what is configured is asked, and asked once."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

import httpx
import orjson
from botocore.exceptions import BotoCoreError, ClientError
from switchboard.domain import limits as domain_limits
from switchboard.domain.tool import HttpTarget, LambdaTarget, McpTarget, ServerTool
from switchboard.domain.tool_config import SIGNING, with_secrets
from switchboard.upstream.mcp import McpClient, McpFailed
from switchboard.upstream.no_cookies import no_cookies

from sideband import limits
from sideband.aside import Aside
from sideband.tool_kit import Context, ToolFailed

CUT = "\n[cut: the output was longer than {} bytes]"
TIMEOUT = httpx.Timeout(domain_limits.TOOL_SECONDS_MAX, connect=limits.TOOL_CONNECT)
WITH_BODY = ("POST", "PUT", "PATCH")


class Functions(Protocol):
    """The part of Lambda's client that we use."""

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> Mapping[str, Any]:
        """Run the function, as the SDK names things."""


class Targets:
    """Runs tools. The caller limits the time.

    Args:
        secrets: returns the tools' secrets by name, read afresh now and then; it may block.
        functions: the client of Lambda, which tries once; None if no tool is a function.
    """

    def __init__(
        self,
        secrets: Callable[[], Mapping[str, str]],
        functions: Functions | None,
        clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._secrets = secrets
        self._functions = functions
        self._clock = clock
        self._transport = transport
        self._aside = Aside("tools", limits.TOOLS_OF_HOST)
        self._reading = Aside("tool_secrets", 1)  # functions that hang must not keep other tools from theirs
        self._http: httpx.AsyncClient | None = None
        self._servers: dict[tuple[str, str], McpClient] = {}

    async def __call__(self, tool: ServerTool, arguments: Mapping[str, Any], context: Context) -> str:
        """Have the tool do its work; return its output, cut to its size. Raise ToolFailed."""
        match tool.target:
            case HttpTarget() as target:
                whole = await self._ask(tool, target, arguments, context)
            case LambdaTarget() as target:
                whole = await self._aside(self._invoke, tool, target, arguments, context)
            case McpTarget() as target:
                whole = await self._call(target, arguments, context)
        return cut(whole, tool.output_bytes)

    async def _ask(
        self, tool: ServerTool, target: HttpTarget, arguments: Mapping[str, Any], context: Context
    ) -> bytes:
        secrets = await self._reading(self._secrets)
        url, body = httpx.URL(target.url), b""
        if target.method in WITH_BODY:
            body = orjson.dumps(arguments)
        else:  # what is configured wins: an argument takes no parameter's place
            url = url.copy_with(params=httpx.QueryParams(_as_query(arguments)).merge(url.params))
        headers = {name: with_secrets(value, secrets) for name, value in target.headers.items()}
        headers |= {"accept-encoding": "identity", "idempotency-key": context.key}
        headers |= {"content-type": "application/json"} if body else {}
        headers |= self._signed(target.method, url, context, body, secrets[SIGNING])
        if self._http is None:
            self._http = httpx.AsyncClient(
                transport=self._transport,
                follow_redirects=False,
                cookies=no_cookies(),
                timeout=TIMEOUT,
                limits=httpx.Limits(max_connections=limits.TOOLS_OF_HOST),
            )
        try:
            async with self._http.stream(target.method, url, content=body, headers=headers) as answer:
                if not answer.is_success:
                    raise ToolFailed(f"The tool answered with status {answer.status_code}.")
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise ToolFailed("The tool answered in an encoding that was not asked for.")
                return await _read(answer.aiter_bytes(), tool.output_bytes)
        except httpx.HTTPError as error:
            raise ToolFailed("The tool could not be reached.") from error

    def _signed(
        self, method: str, url: httpx.URL, context: Context, body: bytes, secret: str
    ) -> dict[str, str]:
        at = str(int(self._clock().timestamp()))
        told = urlsafe_b64encode(orjson.dumps(context.as_json())).decode()
        signature = sign(secret, at, method, url.raw_path.decode(), told, body)
        return {"x-switchboard-context": told, "x-switchboard-signature": f"t={at},v1={signature}"}

    def _invoke(
        self, tool: ServerTool, target: LambdaTarget, arguments: Mapping[str, Any], context: Context
    ) -> bytes:
        if self._functions is None:
            raise ToolFailed("The tool could not be reached.")
        payload = {"tool": tool.name, "arguments": arguments, "context": context.as_json()}
        try:
            answer = self._functions.invoke(
                FunctionName=target.function,
                InvocationType="RequestResponse",
                Payload=orjson.dumps(payload),
            )
            with closing(answer["Payload"]) as body:
                whole = bytes(body.read(limits.TOOL_ANSWER))
        except (ClientError, BotoCoreError) as error:
            raise ToolFailed("The tool could not be reached.") from error
        if answer.get("FunctionError"):
            raise ToolFailed("The tool failed.")
        try:
            said = orjson.loads(whole or b"null")
        except orjson.JSONDecodeError:  # too long to be read to its end, or of a runtime with ways of its own
            return whole
        return said.encode() if isinstance(said, str) else whole

    async def _call(self, target: McpTarget, arguments: Mapping[str, Any], context: Context) -> bytes:
        secrets = await self._reading(self._secrets)
        key = target.url, with_secrets(target.token, secrets)
        server = self._servers.get(key)
        if server is None:
            server = McpClient(*key, TIMEOUT, limits.TOOL_ANSWER, self._transport)
            self._servers = {url: each for url, each in self._servers.items() if url[0] != target.url}
            self._servers[key] = server
        try:
            is_done, words = await server.call(
                target.tool, dict(arguments), {"switchboard/context": context.as_json()}
            )
        except McpFailed as error:
            raise ToolFailed("The tool could not be reached, or refused.") from error
        said = words.encode(errors="replace")
        if not is_done:
            raise ToolFailed(f"The tool reports an error: {said.decode()[: limits.TOOL_ERROR_CHARS]}")
        return said

    def close(self) -> None:
        """Take no more work."""
        self._aside.close()
        self._reading.close()


def sign(secret: str, at: str, method: str, path: str, context: str, body: bytes) -> str:
    """Return the signature of a request: whoever knows the secret can reckon it from what they got.

    `path` has the query, `at` is in seconds since the epoch, `context` is the header as it was sent.
    """
    signed = "\n".join((at, method, path, context, "")).encode() + body
    return hmac.new(secret.encode(), signed, sha256).hexdigest()


def cut(whole: bytes, most: int) -> str:
    """Return the text of an output, cut at its end if it has more than so many bytes."""
    if len(whole) <= most:
        return whole.decode(errors="replace")
    note = CUT.format(most)
    return whole[: max(0, most - len(note))].decode(errors="ignore") + note


async def _read(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """Return the body, or as much of it as shows that it is too long."""
    whole = b""
    async for chunk in chunks:
        whole += chunk
        if len(whole) > most:
            break
    return whole


def _as_query(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return arguments as a query: texts as they are, all else as JSON."""
    return {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in arguments.items()
    }
