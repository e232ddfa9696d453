"""POST /v1/chatkit/sessions and its cancellation; the beta header is obligatory here."""

from aiohttp import web

from dev.simulator.errors import ApiError
from dev.simulator.exchange import json_body, json_response
from dev.simulator.state import STATE

_BETA = "chatkit_beta=v1"


def routes() -> list[web.RouteDef]:
    return [
        web.post("/v1/chatkit/sessions", create_session, name="chatkit"),
        web.post("/v1/chatkit/sessions/{session_id}/cancel", cancel_session, name="chatkit_cancel"),
    ]


async def create_session(request: web.Request) -> web.Response:
    """Mint a session for a user and a workflow."""
    _admit(request)
    return json_response(request.app[STATE].chats.create(await json_body(request)))


async def cancel_session(request: web.Request) -> web.Response:
    """Cancel a session and show it."""
    _admit(request)
    return json_response(request.app[STATE].chats.cancel(request.match_info["session_id"]))


def _admit(request: web.Request) -> None:
    request.app[STATE].gate.admit(request.headers)
    if _BETA not in request.headers.get("OpenAI-Beta", ""):
        raise ApiError(
            400,
            f"You must provide the 'OpenAI-Beta: {_BETA}' header to use this endpoint.",
            "invalid_beta",
        )
