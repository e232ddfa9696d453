"""The application: routes, preflights, and one shape for every error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from switchboard.domain.errors import InvalidRequest, NotFound
from switchboard.edge import cors

from agent_web import routes
from agent_web.asked import answering, failed
from agent_web.wiring import Web

PREFLIGHT = {
    "access-control-allow-methods": "GET,POST,DELETE,OPTIONS",
    "access-control-allow-headers": "Authorization,Content-Type,X-Api-Key,X-Guest-Token",
    "access-control-max-age": "600",
}


def create_app(web: Web) -> FastAPI:
    """Return the application over these parts."""
    app = FastAPI(title="Switchboard text agent", docs_url=None, redoc_url=None, openapi_url=None)
    for method, path, work in (
        ("POST", "/agent/session", routes.create_session),
        ("POST", "/agent/query", routes.ask_query),
        ("GET", "/agent/history", routes.get_history),
        ("DELETE", "/agent/history", routes.clear_history),
    ):
        app.add_api_route(path, answering(web, work), methods=[method], response_model=None)
    app.add_api_route("/agent/{path:path}", _preflight(web), methods=["OPTIONS"], response_model=None)
    app.add_api_route("/health", _health, methods=["GET"], response_model=None)
    app.add_exception_handler(HTTPException, _no_route(web))
    return app


async def _health() -> Response:
    """Say that the process serves: for the Lambda Web Adapter and the local launcher."""
    return Response('{"status":"ok"}', media_type="application/json")


def _preflight(web: Web) -> Callable[[Request], Awaitable[Response]]:
    async def preflight(request: Request) -> Response:
        origin = request.headers.get("origin")
        return Response(None, 204, {**cors(web.settings.allowed_origin, origin), **PREFLIGHT})

    return preflight


def _no_route(web: Web) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Answer what the framework itself refuses: an unknown path, a method that a path does not have."""

    async def answer(request: Request, error: Exception) -> Response:
        wrong_method = isinstance(error, HTTPException) and error.status_code == 405
        refused = (
            InvalidRequest("That path has no such method.")
            if wrong_method
            else NotFound("There is no such route.")
        )
        return failed(web, refused, web.new_id("req_"), request.headers.get("origin"))

    return answer
