"""One route: who asks, what for, and how its events, its errors and its log line look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from json import loads
from time import perf_counter
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.domain.errors import NotFound, SwitchboardError
from switchboard.domain.origins import preflight
from switchboard.edge import cors, crash, failure, shown, validated
from switchboard.event_stream import EventStream, begun
from switchboard.live.stream import Going, events
from switchboard.live.wiring import Web
from switchboard.usecases.stream_transcript import StreamTranscript, stream_transcript

PATH = "/session/{sessionId}/transcript/stream"
Answering = Callable[[Request], Awaitable[Response]]


def create_app(web: Web) -> Starlette:
    """Return the application over these parts."""
    return Starlette(
        routes=[
            Route(PATH, _preflight(web), methods=["OPTIONS"]),
            Route(PATH, _answering(web), methods=["GET"]),
            Route("/health", _health, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _no_route(web)},
    )


async def watch(http: Request, web: Web, facts: dict[str, Any]) -> Response:
    """GET /session/{sessionId}/transcript/stream: the items of a session's transcript as they settle.

    `Last-Event-ID`, or the query parameter `lastEventId`, goes on behind the event of that id.
    """
    address = http.client.host if http.client else ""
    origin = http.headers.get("origin")
    who = shown(http.headers, address, web.settings.allowed_origin)
    principal = await web.aside(web.identity.resolve, who)
    facts["owner"] = principal.owner
    fields = {**http.query_params, **http.path_params}
    if last := http.headers.get("Last-Event-ID"):
        fields["lastEventId"] = last
    request = validated(StreamTranscript, fields)
    facts["session_id"] = request.session_id
    stream = await web.aside(stream_transcript, request, principal, web.parts)
    headers = cors(web.settings.allowed_origin, origin)
    if stream.viewing is None:  # at which a browser asks no more
        return Response(None, 204, {"cache-control": "no-store", **headers})
    going = Going(web, stream.viewing, dict(facts))
    return EventStream(await begun(events(going, stream.shown)), headers, b"")


def _answering(web: Web) -> Answering:
    async def answer(http: Request) -> Response:
        began = perf_counter()
        request_id = _request_id(http, web)
        facts: dict[str, Any] = {"request_id": request_id}
        try:
            response = await watch(http, web, facts)
        except SwitchboardError as error:
            facts["code"] = error.code
            response = _failed(web, error, request_id, http.headers.get("origin"))
        except Exception as error:
            web.log.exception("request.crashed", extra={"request_id": request_id})
            facts["code"] = type(error).__name__
            response = _failed(web, crash(), request_id, http.headers.get("origin"))
        milliseconds = round((perf_counter() - began) * 1000, 1)
        web.log.info("request", extra={**facts, "status": response.status_code, "ms": milliseconds})
        return response

    return answer


async def _health(_: Request) -> Response:
    """Say that the process serves: for the Lambda Web Adapter and the local launcher."""
    return Response('{"status":"ok"}', media_type="application/json")


def _preflight(web: Web) -> Answering:
    async def answer(http: Request) -> Response:
        return Response(None, 204, dict(preflight(web.settings.allowed_origin, http.headers.get("origin"))))

    return answer


def _no_route(web: Web) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Answer what the framework itself refuses, such as a path with an encoded slash."""

    async def answer(http: Request, _: Exception) -> Response:
        return _failed(
            web, NotFound("There is no such route."), _request_id(http, web), http.headers.get("origin")
        )

    return answer


def _failed(web: Web, error: SwitchboardError, request_id: str, origin: str | None) -> Response:
    status, headers, body = failure(error, request_id)
    headers |= {"cache-control": "no-store", **cors(web.settings.allowed_origin, origin)}
    return Response(body, status, headers, "application/json")


def _request_id(http: Request, web: Web) -> str:
    """Return API Gateway's id of the request, as the adapter passes it on; one of our own without it."""
    try:
        found = loads(http.headers.get("x-amzn-request-context", "{}")).get("requestId")
    except (ValueError, AttributeError):
        found = None
    return found if isinstance(found, str) and found else web.new_id("req_")
