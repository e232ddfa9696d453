"""POST /chatkit: one route that speaks the whole ChatKit protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chatkit.errors import ErrorCode
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError
from chatkit.types import ErrorEvent
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import InvalidRequest, NotFound
from switchboard.domain.ports.surroundings import NewId
from switchboard.domain.principal import User
from switchboard.domain.quota import Quotas
from switchboard.event_stream import EventStream, ahead, begun
from switchboard.selfhosted.context import ChatContext, Door
from switchboard.selfhosted.requests import read_request
from switchboard.web import Facts, Front, health, read_body

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
    front = Front(web.origin, web.new_id, web.log)

    async def speak(http: Request, facts: Facts) -> Response:
        return await _answer(http, web, front, facts)

    return Starlette(
        routes=[
            Route("/chatkit", front.preflight, methods=["OPTIONS"]),
            Route("/chatkit", front.answering(speak), methods=["POST"]),
            Route("/health", health, methods=["GET"]),
        ],
        exception_handlers={HTTPException: front.no_route},
    )


async def _answer(http: Request, web: Web, front: Front, facts: Facts) -> Response:
    facts["route"] = "/chatkit"
    authorization = http.headers.get("authorization", "")
    context = await asyncio.to_thread(web.door.admit, authorization)
    facts |= {"session_id": context.session.id, "chat_session_id": context.chat.id}
    body = await read_body(http, limits.REQUEST_BYTES)
    request = read_request(body)
    facts["type"] = request.type
    if request.type in ANSWERED:
        owner = User(context.scope.owner.removeprefix("user:"))
        await asyncio.to_thread(web.quotas.reserve, owner, "chat")
        web.tell("ChatMessages", 1, "Count")
    headers = front.headers(http)
    try:
        result = await web.server.process(body, context)
        if isinstance(result, StreamingResult):
            return EventStream(await begun(ahead(aiter(result))), headers, BROKEN)
        return Response(result.json, 200, headers, "application/json")
    except NotFoundError as error:
        raise NotFound("There is no such thread or item.") from error
    except ValueError as error:
        raise InvalidRequest("The request does not fit the thread.") from error
