"""The application: routes, preflights, and one shape for every error."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from switchboard.web import health

from agent_web import routes
from agent_web.asked import asking
from agent_web.wiring import Web


def create_app(web: Web) -> FastAPI:
    """Return the application over these parts."""
    app = FastAPI(title="Switchboard text agent", docs_url=None, redoc_url=None, openapi_url=None)
    for method, path, work in (
        ("POST", "/agent/session", routes.create_session),
        ("POST", "/agent/query", routes.ask_query),
        ("GET", "/agent/history", routes.get_history),
        ("DELETE", "/agent/history", routes.clear_history),
    ):
        app.add_api_route(path, web.front.answering(asking(web, work)), methods=[method], response_model=None)
    app.add_api_route("/agent/{path:path}", web.front.preflight, methods=["OPTIONS"], response_model=None)
    app.add_api_route("/health", health, methods=["GET"], response_model=None)
    app.add_exception_handler(HTTPException, web.front.no_route)
    return app
