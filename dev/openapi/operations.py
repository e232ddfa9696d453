"""One route as an OpenAPI operation: what goes in, what comes out, what may go wrong."""

from __future__ import annotations

import inspect
import json
from typing import Any

from dev.openapi.failures import responses
from dev.openapi.handlers import Handler
from dev.openapi.raises import raised_by
from dev.openapi.routes import Route
from dev.openapi.samples import ANSWER, parameter_sample, read_event, sample_of
from dev.openapi.schemas import Schema, Schemas

FAMILIES = (
    ("/session", "Voice"),
    ("/realtime/calls", "Voice"),
    ("/extract-profile", "Voice"),
    ("/api/codex", "Codex"),
    ("/chatkit", "ChatKit"),
    ("/agent", "Text agent"),
    ("/api/memories", "Memories"),
    ("/memories", "Memories"),
    ("/api", "Agents UI"),
    ("/realtime", "Agents UI"),
)
"""Which family a path belongs to, by its beginning; the first that fits."""
ABOUT = {
    "Voice": "Sessions of talk: their secrets, calls, transcripts and profiles.",
    "Codex": "The records of verified users that chats hang from.",
    "ChatKit": "Hosted chat sessions, and a ChatKit server of our own.",
    "Text agent": "Questions, answers as they are written, and the history of both.",
    "Memories": "What is remembered of a user.",
    "Agents UI": "Sessions and logs for pages that know their user by cookies.",
    "Other": "What anybody may read.",
}
"""What each family is about."""
SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "principal": [{}, {"apiKey": []}, {"bearer": []}, {"guestToken": []}, {"guestCookie": []}],
    "ticket": [{"ticket": []}],
    "anybody": [{}],
    "chat": [{"chatToken": []}],
}
SDP = "application/sdp"


def family_of(path: str) -> str:
    """Return the family of a route."""
    return next((family for prefix, family in FAMILIES if path.startswith(prefix)), "Other")


def operation(route: Route, handler: Handler, schemas: Schemas) -> dict[str, Any]:
    """Return the operation of a typed route."""
    event = read_event(route.code)
    taken = schemas.resolved((handler.request, "validation"))
    inputs = (
        _relay_inputs(event) if handler.admits == "ticket" else _inputs(route, taken, event, schemas, handler)
    )
    made: dict[str, Any] = {
        "operationId": route.code,
        "tags": [family_of(route.path)],
        "summary": handler.title,
        "description": inspect.cleandoc(handler.use_case.__doc__ or route.about),
        **inputs,
        "responses": {
            **{str(status): _answer(status, handler, schemas) for status in handler.statuses},
            **responses(
                raised_by(handler.use_case),
                takes_input=bool(taken.get("properties")),
                carries_body=route.carries_body,
                admits=handler.admits,
            ),
        },
        "security": SECURITY[handler.admits],
    }
    return made


def _inputs(
    route: Route, taken: Schema, event: dict[str, Any], schemas: Schemas, handler: Handler
) -> dict[str, Any]:
    """Return parameters and body: what is in the path, then all else in the query or the body."""
    fields: dict[str, Schema] = dict(taken.get("properties", {}))
    required = taken.get("required", [])
    parameters = [
        _parameter(
            route, name, "path", fields.pop(name, {"type": "string"}), True, event.get("pathParameters")
        )
        for name in route.parameters
    ]
    if route.method in ("GET", "DELETE"):
        query = event.get("queryStringParameters")
        parameters += [
            _parameter(route, name, "query", field, name in required, query) for name, field in fields.items()
        ]
        fields = {}
    made: dict[str, Any] = {"parameters": parameters} if parameters else {}
    if fields and handler.reads_whole:
        [body] = fields.values()
        kinds = dict.fromkeys(("application/json", "text/plain"), _whole(body, event))
        return {**made, "requestBody": {"required": True, "content": kinds}}
    if fields:
        whole = schemas[handler.request, "validation"]
        schema = {**taken, "properties": fields, "required": [name for name in required if name in fields]}
        content: dict[str, Any] = {"schema": schema if route.parameters else whole}
        if event.get("body"):
            content["example"] = json.loads(event["body"])
        needed = any(name in fields for name in required)
        made["requestBody"] = {"required": needed, "content": {"application/json": content}}
    return made


def _whole(schema: Schema, event: dict[str, Any]) -> dict[str, Any]:
    return {"schema": schema, **({"example": json.loads(event["body"])} if event.get("body") else {})}


def _parameter(
    route: Route, name: str, place: str, schema: Schema, required: bool, sample: dict[str, str] | None
) -> dict[str, Any]:
    given = (sample or {}).get(name)
    example = parameter_sample(route.path, name) if given is None else _typed(given, schema)
    return {"name": name, "in": place, "required": required, "schema": schema, "example": example}


def _typed(example: str, schema: Schema) -> Any:
    return int(example) if schema.get("type") == "integer" else example


def _relay_inputs(event: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"type": "string", "description": "An SDP offer."}, "example": event.get("body", "")}
    return {"requestBody": {"required": True, "content": {SDP: content}}}


def _answer(status: int, handler: Handler, schemas: Schemas) -> dict[str, Any]:
    if handler.admits == "ticket":
        content: dict[str, Any] = {
            "schema": {"type": "string", "description": "The SDP answer."},
            "example": ANSWER,
        }
        media, headers = SDP, ["Location"]
    else:
        schema = schemas[handler.answer, "serialization"]
        content = {"schema": schema, "example": sample_of(schema, schemas.components)}
        media, headers = "application/json", []
        if status == 202 and len(handler.statuses) > 1:
            headers = ["Location", "Retry-After"]
    if handler.admits == "principal":
        headers.append("x-guest-token")
    shown = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    doc = inspect.cleandoc(schemas.resolved((handler.answer, "serialization")).get("description", "Done."))
    return {"description": doc, **({"headers": shown} if shown else {}), "content": {media: content}}
