"""The web application: every route, and what surrounds them."""

from aiohttp import web

from dev.simulator import (
    chatkit_routes,
    control_routes,
    embeddings_routes,
    issuer_routes,
    limits,
    media_routes,
    middleware,
    realtime_routes,
    responses_routes,
    socket_routes,
)
from dev.simulator.state import STATE, State

_PARTS = (
    realtime_routes,
    socket_routes,
    responses_routes,
    embeddings_routes,
    chatkit_routes,
    issuer_routes,
    control_routes,
    media_routes,
)


def build(state: State) -> web.Application:
    """The application over one state."""
    app = web.Application(middlewares=[middleware.surround], client_max_size=limits.MAX_BODY)
    app[STATE] = state
    for part in _PARTS:
        app.router.add_routes(part.routes())
    app.on_response_prepare.append(middleware.add_headers)
    return app
