"""The upstream for agents: Responses as a stream, short answers and embeddings; asynchronous throughout."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from json import loads
from random import uniform
from time import monotonic
from typing import Any

import httpx

from switchboard.agent import limits
from switchboard.agent.selection import pack
from switchboard.domain.errors import UpstreamBusy, UpstreamUnavailable
from switchboard.domain.secret import ApiKey
from switchboard.upstream.openai.http import refusal
from switchboard.upstream.per_loop import PerLoop
from switchboard.upstream.sse import SseParser

log = logging.getLogger(__name__)

Json = dict[str, Any]


class AgentUpstream:
    """OpenAI's API as the agent needs it. Every method may raise an UpstreamError."""

    def __init__(
        self,
        base_url: str,
        api_key: Callable[[], ApiKey],
        *,
        small_model: str,
        embedding_model: str,
    ) -> None:
        self._api_key = api_key
        self._small_model = small_model
        self._embedding_model = embedding_model
        timeout = httpx.Timeout(limits.STALL_SECONDS, connect=limits.CONNECT_SECONDS, pool=None)
        bounds = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        root = base_url.rstrip("/") + "/"
        # Read now: the first query should not wait for it.
        trusted = httpx.create_ssl_context() if root.startswith("https:") else False
        self._clients = PerLoop(
            lambda: httpx.AsyncClient(base_url=root, timeout=timeout, limits=bounds, verify=trusted)
        )

    async def stream(self, body: Json) -> AsyncGenerator[Json, None]:
        """Yield the events of one response. It ends without error only after the last one has come."""
        until = monotonic() + limits.TURN_SECONDS
        answer = await self._open(body)
        try:
            parser = SseParser(limits.EVENT_BYTES)
            async for chunk in answer.aiter_raw():
                if monotonic() > until:  # it may send comments for ever
                    raise UpstreamUnavailable("The answer took too long.")
                for data in parser.feed(chunk):
                    if data != b"[DONE]":
                        yield _event(data)
        except httpx.HTTPError as error:
            raise UpstreamUnavailable("OpenAI stopped in the middle of the answer.") from error
        finally:
            await answer.aclose()

    async def text(self, instructions: str, text: str, max_tokens: int, seconds: float) -> str:
        """Return a small model's words about `text`."""
        body = {
            "model": self._small_model,
            "instructions": instructions,
            "input": text,
            "max_output_tokens": max_tokens,
            "store": False,
        }
        answer = await self._ask("responses", body, seconds)
        parts = [part for item in answer.get("output", []) for part in item.get("content") or []]
        return "".join(part.get("text", "") for part in parts if part.get("type") == "output_text")

    async def embed(self, texts: Sequence[str]) -> list[bytes]:
        """Return a packed unit vector for each text."""
        body = {
            "model": self._embedding_model,
            "input": list(texts),
            "dimensions": limits.EMBEDDING_DIMENSIONS,
            "encoding_format": "float",
        }
        answer = await self._ask("embeddings", body, limits.EMBEDDING_SECONDS)
        try:
            rows = sorted(answer["data"], key=lambda row: row["index"])
            vectors = [pack(row["embedding"]) for row in rows]
        except (KeyError, TypeError) as error:
            raise UpstreamUnavailable("OpenAI answered with something unexpected.") from error
        if len(vectors) != len(texts):
            raise UpstreamUnavailable("OpenAI answered with too few vectors.")
        return vectors

    async def _open(self, body: Json) -> httpx.Response:
        """Return the opened stream; a failure before its first byte is tried again where that may heal."""
        for tries_left in reversed(range(limits.UPSTREAM_TRIES)):
            try:
                return await self._send(body)
            except (UpstreamBusy, UpstreamUnavailable) as error:
                pause = max(uniform(1, 2) * limits.UPSTREAM_PAUSE, error.retry_after or 0)
                log.warning("agent.upstream_failed", extra={"code": error.code, "tries_left": tries_left})
                if not tries_left or pause > limits.UPSTREAM_PAUSE_MAX:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    async def _send(self, body: Json) -> httpx.Response:
        client = self._clients.get()
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity", **self._authorization()}
        request = client.build_request("POST", "responses", json={**body, "stream": True}, headers=headers)
        try:
            answer = await client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise UpstreamUnavailable("OpenAI could not be reached in time.") from error
        if answer.is_error:
            await _read(answer)
            raise refusal(answer)
        return answer

    async def _ask(self, path: str, body: Json, seconds: float) -> Json:
        try:
            answer = await self._clients.get().post(
                path, json=body, headers=self._authorization(), timeout=seconds
            )
        except httpx.HTTPError as error:
            raise UpstreamUnavailable("OpenAI could not be reached in time.") from error
        if answer.is_error:
            raise refusal(answer)
        try:
            found = answer.json()
        except ValueError as error:
            raise UpstreamUnavailable("OpenAI answered with something unreadable.") from error
        if not isinstance(found, dict):
            raise UpstreamUnavailable("OpenAI answered with something unexpected.")
        return found

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._api_key().value}"}


def _event(data: bytes) -> Json:
    """Return one event of a stream. Raise UpstreamUnavailable for what is none."""
    try:
        event = loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise UpstreamUnavailable("OpenAI sent something unreadable.") from error
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise UpstreamUnavailable("OpenAI sent something unexpected.")
    return event


async def _read(answer: httpx.Response) -> None:
    """Read a refusal's body, as far as it comes."""
    try:
        async with asyncio.timeout(limits.REFUSAL_SECONDS):
            await answer.aread()
    except (httpx.HTTPError, TimeoutError) as error:
        await answer.aclose()
        raise UpstreamUnavailable("OpenAI refused and did not say why.") from error
