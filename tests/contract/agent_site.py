"""The agent's application on a real socket, over parts of a test's choosing; and upstreams that misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from json import loads
from secrets import token_hex
from typing import Any

import httpx
import uvicorn
from agent_web.application import create_app
from agent_web.wiring import Web
from switchboard.agent import HistoryParts, Orchestrator, SessionStore
from switchboard.agent.deps import Deps, Upstream
from switchboard.agent.stores.memory import MemoryBackend
from switchboard.agent.upstream import AgentUpstream
from switchboard.domain.quota import Quotas
from switchboard.domain.secret import ApiKey
from switchboard.settings import Settings
from switchboard.stores.buckets import MemoryBuckets
from switchboard.upstream.identity.tokens import TokenIdentity

Json = dict[str, Any]
SIGNS_TOKENS = "a secret that signs tokens in these tests"
PATIENCE_S = 10.0
"""How long a test waits for something that takes milliseconds."""


@dataclass
class Log:
    """A logger that remembers."""

    lines: list[tuple[str, Json]] = field(default_factory=list)

    def info(self, event: str, extra: Json | None = None) -> None:
        self.lines.append((event, extra or {}))

    def error(self, event: str, extra: Json | None = None, exc_info: Any = None) -> None:
        self.lines.append((event, extra or {}))

    def exception(self, event: str, extra: Json | None = None) -> None:
        self.lines.append((event, extra or {}))


@dataclass
class Site:
    """A running application: a client of it, and a look behind it."""

    web: Web
    http: httpx.AsyncClient
    log: Log
    told: list[tuple[str, float, str]]

    async def session(self, **options: Any) -> str:
        answer = await self.http.post("/agent/session", **options)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        if token := answer.headers.get("x-guest-token"):
            self.http.headers["x-guest-token"] = token
        return str(answer.json()["session_id"])

    async def ask(self, query: str, session_id: str) -> list[Json]:
        body = {"query": query, "session_id": session_id}
        async with self.http.stream("POST", "/agent/query", json=body) as answer:
            assert answer.status_code == httpx.codes.OK, await answer.aread()
            return [loads(line[6:]) async for line in answer.aiter_lines() if line.startswith("data: ")]


def web(upstream: Upstream, **settings: str) -> tuple[Web, Log, list[tuple[str, float, str]]]:
    """Return the application's parts over this upstream, sessions in memory."""
    log, told = Log(), list[tuple[str, float, str]]()
    environ = {"SECURE_COOKIES": "false", "JWT_AUDIENCE": "authenticated", **settings}
    store = SessionStore(MemoryBackend(now))
    read = Settings.read(environ)
    quotas = Quotas(MemoryBuckets(), read.quotas, now, lambda *metric: told.append(metric))
    deps = Deps(
        upstream=upstream,
        store=lambda: store,
        parts=HistoryParts(),
        model="gpt-test",
        instructions="Be brief.",
    )
    parts = Web(
        agent=Orchestrator(deps=deps),
        store=store,
        identity=TokenIdentity(
            api_key=lambda: "the key of a server",
            jwt_secret=lambda: SIGNS_TOKENS,
            guest_secret=lambda: "a secret that signs guests in this test",
            audience="authenticated",
            issuer=None,
            clock=now,
            new_id=new_id,
        ),
        quotas=lambda: quotas,
        settings=read,
        new_id=new_id,
        log=log,
        tell=lambda *metric: told.append(metric),
    )
    return parts, log, told


def now() -> datetime:
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    return prefix + token_hex(16)


@asynccontextmanager
async def serving(upstream: Upstream, **settings: str) -> AsyncIterator[Site]:
    """Serve the application on a free port."""
    parts, log, told = web(upstream, **settings)
    config = uvicorn.Config(create_app(parts), port=0, log_level="error", access_log=False, lifespan="off")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, verify=False) as client:
        yield Site(parts, client, log, told)
    await server.shutdown()


def real_upstream(base_url: str) -> AgentUpstream:
    """Return the agent's own client of an upstream at this URL."""
    return AgentUpstream(
        base_url,
        lambda: ApiKey("sk-test"),
        small_model="gpt-test",
        embedding_model="text-embedding-3-small",
    )


@asynccontextmanager
async def answering(*pieces: bytes, hold: asyncio.Event | None = None) -> AsyncIterator[str]:
    """Yield the URL of a server that answers every request with these bytes and hangs up, or holds on."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        [length] = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        await reader.readexactly(int(length.split(b":")[1]))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if hold is not None:
            await hold.wait()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
TOKEN = b'data: {"type":"response.output_text.delta","delta":"Hel"}\n\n'


class Gated:
    """An upstream that says one word and goes on when it is told to."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.left = 0

    async def stream(self, body: Json) -> AsyncGenerator[Json, None]:
        try:
            yield {"type": "response.output_text.delta", "delta": "first"}
            await self.go_on.wait()
            yield {"type": "response.output_text.delta", "delta": " second"}
            yield {"type": "response.completed", "response": {"usage": None}}
        except (GeneratorExit, asyncio.CancelledError):
            self.left += 1
            raise


async def until(holds: Callable[[], Any], seconds: float = PATIENCE_S) -> None:
    """Return once it holds. Fail when the time is up."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.005)


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    """Return what `look` gives once it gives something true. Fail when the time is up."""
    deadline = time.monotonic() + PATIENCE_S
    while not (seen := await look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.005)
    return seen
