"""POST /chatkit: one route that speaks the whole ChatKit protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from json import loads
from time import perf_counter
from typing import Any

from chatkit.errors import ErrorCode
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError
from chatkit.types import ErrorEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import InvalidRequest, NotFound, PayloadTooLarge, SwitchboardError
from switchboard.domain.ports.surroundings import NewId
from switchboard.domain.principal import User
from switchboard.domain.quota import Quotas
from switchboard.edge import cors, crash, failure
from switchboard.event_stream import EventStream, ahead, begun
from switchboard.selfhosted.context import ChatContext, Door
from switchboard.selfhosted.requests import read_request

PREFLIGHT = {
    "access-control-allow-methods": "POST,OPTIONS",
    "access-control-allow-headers": "Authorization,Content-Type",
    "access-control-max-age": "600",
}
BROKEN = (
    b"data: " + ErrorEvent(code=ErrorCode.STREAM_ERROR, allow_retry=True).model_dump_json().encode() + b"\n\n"
)
"""How a stream ends that breaks where nobody foresaw it."""
ANSWERED = frozenset({"threads.create", "threads.add_user_message", "threads.retry_after_item"})
"""Requests that have the model answer: these count against the allowance."""


@dataclass(frozen=True)
class Web:
    """What the route works with."""

    door: Door
    server: ChatKitServer[ChatContext]
    quotas: Quotas
    new_id: NewId
    origin: str
    log: Any
    tell: Callable[[str, float, str], None]


def create_app(web: Web) -> Starlette:
    """Return the application over these parts."""
    return Starlette(
        routes=[
            Route("/chatkit", _preflight(web), methods=["OPTIONS"]),
            Route("/chatkit", _answering(web), methods=["POST"]),
            Route("/health", _health, methods=["GET"]),
        ]
    )


async def _health(_: Request) -> Response:
    """Say that the process serves: for the Lambda Web Adapter and the local launcher."""
    return Response('{"status":"ok"}', media_type="application/json")


def _preflight(web: Web) -> Callable[[Request], Awaitable[Response]]:
    async def preflight(request: Request) -> Response:
        origin = request.headers.get("origin")
        return Response(None, 204, {**cors(web.origin, origin), **PREFLIGHT})

    return preflight


def _answering(web: Web) -> Callable[[Request], Awaitable[Response]]:
    async def answer(http: Request) -> Response:
        began = perf_counter()
        request_id = _request_id(http, web)
        facts: dict[str, Any] = {"request_id": request_id, "route": "/chatkit"}
        try:
            response = await _answer(http, web, facts)
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


async def _answer(http: Request, web: Web, facts: dict[str, Any]) -> Response:
    authorization = http.headers.get("authorization", "")
    context = await asyncio.to_thread(web.door.admit, authorization)
    facts |= {"session_id": context.session.id, "chat_session_id": context.chat.id}
    body = await _body(http)
    request = read_request(body)
    facts["type"] = request.type
    if request.type in ANSWERED:
        owner = User(context.scope.owner.removeprefix("user:"))
        await asyncio.to_thread(web.quotas.reserve, owner, "chat")
        web.tell("ChatMessages", 1, "Count")
    headers = {"cache-control": "no-store", **cors(web.origin, http.headers.get("origin"))}
    try:
        result = await web.server.process(body, context)
        if isinstance(result, StreamingResult):
            return EventStream(await begun(ahead(aiter(result))), headers, BROKEN)
        return Response(result.json, 200, headers, "application/json")
    except NotFoundError as error:
        raise NotFound("There is no such thread or item.") from error
    except ValueError as error:
        raise InvalidRequest("The request does not fit the thread.") from error


async def _body(http: Request) -> bytes:
    raw = bytearray()
    async for chunk in http.stream():
        raw += chunk
        if len(raw) > limits.REQUEST_BYTES:
            raise PayloadTooLarge(f"The body is larger than {limits.REQUEST_BYTES} bytes.")
    return bytes(raw)


def _failed(web: Web, error: SwitchboardError, request_id: str, origin: str | None) -> Response:
    status, headers, body = failure(error, request_id)
    headers |= {"cache-control": "no-store", **cors(web.origin, origin)}
    return Response(body, status, headers, "application/json")


def _request_id(http: Request, web: Web) -> str:
    """Return API Gateway's id of the request, as the adapter passes it on; one of our own without it."""
    try:
        found = loads(http.headers.get("x-amzn-request-context", "{}")).get("requestId")
    except (ValueError, AttributeError):
        found = None
    return found if isinstance(found, str) and found else web.new_id("req_")
