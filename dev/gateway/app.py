"""The gateway's routes: some paths to other local servers, files under a prefix, all else to the API."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, TCPConnector, web
from yarl import URL

from dev.gateway import limits
from dev.gateway.errors import Connection
from dev.gateway.forward import forward

CONSOLE = "/console"
_PARAMETER = re.compile(r"{(\w+)}")
"""A path's parameter, which takes any segment; aiohttp's own takes none with braces."""
_SESSION = web.AppKey("session", ClientSession)


@dataclass(frozen=True)
class Settings:
    """Where requests go: `host` and `stage` name the API on the engine.

    `streams` maps path prefixes to servers that stream their answers, `routes` single routes such as
    `GET /session/{sessionId}/transcript/stream`, whose other methods are the API's; `files` maps prefixes to
    directories. `console` is the console's directory, and `simulator` the URL that it finds the simulator at.
    """

    engine: URL
    host: str
    stage: str
    streams: dict[str, URL] = field(default_factory=dict)
    routes: dict[str, URL] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    console: Path | None = None
    simulator: str = ""


def create_app(settings: Settings) -> web.Application:
    """Return the gateway as an aiohttp application."""

    turns = asyncio.Semaphore(limits.API_REQUESTS_AT_ONCE)

    async def in_turn(request: web.Request) -> web.StreamResponse:
        try:
            return await to_api(request)
        finally:
            turns.release()

    async def queue(request: web.Request) -> web.StreamResponse:
        """Wait for a turn, in order; a caller that goes away then does not stop a function, on AWS either."""
        await turns.acquire()
        return await asyncio.shield(in_turn(request))

    async def to_api(request: web.Request) -> web.StreamResponse:
        path = f"/{settings.stage}{request.raw_path}"
        target = settings.engine.join(URL(path, encoded=True))
        return await forward(request, request.app[_SESSION], target, limits.API_TIMEOUT_S, settings.host)

    app = web.Application(client_max_size=limits.MAX_BODY_BYTES)
    app.cleanup_ctx.append(_session)
    for route, base in settings.routes.items():
        method, path = route.split()
        app.router.add_route(method, _PARAMETER.sub(r"{\1:[^/]+}", path), _to_server(base))
    for prefix, base in settings.streams.items():
        app.router.add_route("*", prefix.rstrip("/"), _to_server(base))
        app.router.add_route("*", prefix.rstrip("/") + "/{path:.*}", _to_server(base))
    for prefix, directory in settings.files.items():
        _add_files(app, prefix.rstrip("/"), directory)
    if settings.console is not None:
        _add_console(app, settings.console, settings.simulator)
    app.router.add_route("*", "/{path:(?s:.*)}", queue)  # a line feed may be in it as well
    return app


@contextlib.asynccontextmanager
async def serving(settings: Settings, host: str, port: int = 0) -> AsyncIterator[int]:
    """Serve the gateway; the value is the port. Bodies are not unpacked, and what is not HTTP is told so."""
    # A client that goes away must stop what is streamed to it.
    runner = web.AppRunner(create_app(settings), handler_cancellation=True)
    await runner.setup()
    try:
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(
            lambda: _connection(runner, loop), host, port, backlog=limits.BACKLOG
        )
        yield int(listening.sockets[0].getsockname()[1])
        listening.close()
    finally:
        await runner.cleanup()


def _connection(runner: web.AppRunner, loop: asyncio.AbstractEventLoop) -> Connection:
    assert runner.server is not None
    return Connection(
        runner.server,
        loop=loop,
        auto_decompress=False,
        max_line_size=limits.MAX_HEADER_BYTES,
        max_field_size=limits.MAX_HEADER_BYTES,
    )


def _to_server(base: URL, host: str | None = None) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def to_server(request: web.Request) -> web.StreamResponse:
        target = base.join(URL(request.raw_path, encoded=True))
        return await forward(request, request.app[_SESSION], target, None, host)

    return to_server


def _add_files(app: web.Application, prefix: str, directory: Path) -> None:
    async def index(_: web.Request) -> web.FileResponse:
        return web.FileResponse(directory / "index.html")

    app.router.add_get(prefix + "/", index)
    app.router.add_static(prefix + "/", directory)


def _add_console(app: web.Application, directory: Path, simulator: str) -> None:
    """Serve the console at `/console/`, and lead there from `/`; its settings name this machine's servers.

    The simulator's control API has no CORS, so the console reaches it under the same origin; the host's name
    is the simulator's own all the same, as its issuer writes it into tokens.
    """

    async def to_console(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": CONSOLE + "/"})

    async def its_settings(request: web.Request) -> web.Response:
        here = str(request.url.origin())
        known = {"simulator": here, "upstream": f"{simulator}/v1"} if simulator else {}
        return web.json_response({"api": here, **known})

    async def always_asked_for(request: web.Request, response: web.StreamResponse) -> None:
        """A file that has been edited is seen at the next reload."""
        if request.path.startswith(CONSOLE):
            response.headers["Cache-Control"] = "no-cache"

    app.router.add_get("/", to_console)
    app.router.add_get(CONSOLE, to_console)
    app.router.add_get(CONSOLE + "/settings.json", its_settings)
    _add_files(app, CONSOLE, directory)
    if simulator:
        its_own = URL(simulator)
        app.router.add_route("*", "/_simulator/{path:.*}", _to_server(its_own, its_own.authority))
    app.on_response_prepare.append(always_asked_for)


async def _session(app: web.Application) -> AsyncIterator[None]:
    """Keep one pool of connections for the life of the application; bodies pass as they are."""
    connector = TCPConnector(limit=0)
    longest = limits.MAX_HEADER_BYTES
    async with ClientSession(
        connector=connector, auto_decompress=False, max_line_size=longest, max_field_size=longest
    ) as session:
        app[_SESSION] = session
        yield
