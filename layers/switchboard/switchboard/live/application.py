"""One route: who asks, what for, and how its events, its errors and its log line look."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.edge import shown, validated
from switchboard.event_stream import EventStream, begun
from switchboard.live.stream import Going, events
from switchboard.live.wiring import Web
from switchboard.usecases.stream_transcript import StreamTranscript, stream_transcript
from switchboard.web import Facts, Front, address_of, health

PATH = "/session/{sessionId}/transcript/stream"


def create_app(web: Web) -> Starlette:
    """Return the application over these parts."""
    front = Front(web.settings.allowed_origin, web.new_id, web.log)

    async def answer(http: Request, facts: Facts) -> Response:
        return await watch(http, web, front, facts)

    return Starlette(
        routes=[
            Route(PATH, front.preflight, methods=["OPTIONS"]),
            Route(PATH, front.answering(answer), methods=["GET"]),
            Route("/health", health, methods=["GET"]),
        ],
        exception_handlers={HTTPException: front.no_route},
    )


async def watch(http: Request, web: Web, front: Front, facts: Facts) -> Response:
    """GET /session/{sessionId}/transcript/stream: the items of a session's transcript as they settle.

    `Last-Event-ID`, or the query parameter `lastEventId`, goes on behind the event of that id.
    """
    who = shown(http.headers, address_of(http), web.settings.allowed_origin)
    principal = await web.aside(web.identity.resolve, who)
    facts["owner"] = principal.owner
    fields = {**http.query_params, **http.path_params}
    if last := http.headers.get("Last-Event-ID"):
        fields["lastEventId"] = last
    request = validated(StreamTranscript, fields)
    facts["session_id"] = request.session_id
    stream = await web.aside(stream_transcript, request, principal, web.parts)
    if stream.viewing is None:  # at which a browser asks no more
        return Response(None, 204, front.headers(http))
    going = Going(web, stream.viewing, dict(facts))
    return EventStream(await begun(events(going, stream.shown)), front.headers(http), b"")
