"""The whole document: every route of the template, every model that they use, every error."""

from __future__ import annotations

import tomllib
from typing import Any

from dev.openapi import operations, untyped
from dev.openapi.failures import ERROR_SCHEMA, examples, responses
from dev.openapi.handlers import Handler, read_handler
from dev.openapi.routes import ROOT, Route, read_routes
from dev.openapi.schemas import Key, Schemas
from dev.openapi.untyped import Work, read_work

HEADERS = {
    "Location": ("Where the thing is that was made.", {"type": "string"}),
    "Retry-After": ("Seconds after which to ask again.", {"type": "integer"}),
    "x-guest-token": (
        "Who a new guest is from now on; for clients without cookies.",
        {"type": "string"},
    ),
}
SCHEMES: dict[str, dict[str, str]] = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "A back end."},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A user's token."},
    "guestToken": {"type": "apiKey", "in": "header", "name": "x-guest-token", "description": "A guest."},
    "guestCookie": {"type": "apiKey", "in": "cookie", "name": "switchboard_guest", "description": "A guest."},
    "chatToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A chat's token, of `GET /api/codex/chatkit/token`.",
    },
    "ticket": {"type": "http", "scheme": "bearer", "description": "A ticket of a session in relay mode."},
}
VERSION = "3.1.0"
SELF = Route("GET", "/openapi.json", "get_openapi", "This document.")


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the API."""
    found: list[tuple[Route, Handler | Work | None]] = []
    for route in read_routes():
        described = None if route.path == SELF.path else read_handler(route.code) or read_work(route)
        found.append((route, described))
    schemas = Schemas(_keys(found))
    paths: dict[str, dict[str, Any]] = {}
    names: set[str] = set()
    for route, described in found:
        made = _operation(route, described, schemas)
        if made["operationId"] in names:  # one function may answer two routes
            made["operationId"] += "_" + route.path.split("/")[1]
        names.add(made["operationId"])
        paths.setdefault(route.path, {})[route.method.lower()] = made
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        "openapi": VERSION,
        "info": {
            "title": "Switchboard",
            "version": project["version"],
            "description": project["description"],
        },
        "servers": [{"url": ".", "description": "Where this document is served."}],
        "tags": [{"name": name, "description": operations.ABOUT[name]} for name in _tags(paths)],
        "paths": paths,
        "components": {
            "schemas": {"Error": ERROR_SCHEMA, **schemas.used_in(paths)},
            "examples": examples(),
            "headers": {
                name: {"description": text, "schema": schema} for name, (text, schema) in HEADERS.items()
            },
            "securitySchemes": SCHEMES,
        },
    }


def _keys(found: list[tuple[Route, Handler | Work | None]]) -> list[Key]:
    keys: list[Key] = []
    for _, described in found:
        if described is None:
            continue
        if described.request is not None:
            keys.append((described.request, "validation"))
        if described.answer is not None:
            keys.append((described.answer, "serialization"))
    return keys


def _operation(route: Route, described: Handler | Work | None, schemas: Schemas) -> dict[str, Any]:
    if isinstance(described, Handler):
        return operations.operation(route, described, schemas)
    if isinstance(described, Work):
        return untyped.operation(route, described, schemas)
    sample = {"openapi": VERSION, "info": {"title": "Switchboard", "version": "0.1.0"}, "paths": {}}
    content = {"application/json": {"schema": {"type": "object"}, "example": sample}}
    return {
        "operationId": SELF.code,
        "tags": ["Other"],
        "summary": SELF.about,
        "responses": {
            "200": {"description": "An OpenAPI 3.1 document.", "content": content},
            **responses((), takes_input=False, carries_body=False, admits="anybody"),
        },
        "security": [{}],
    }


def _tags(paths: dict[str, dict[str, Any]]) -> list[str]:
    used = [operation["tags"][0] for path in paths.values() for operation in path.values()]
    return list(dict.fromkeys(used))
