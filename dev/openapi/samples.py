"""Sample requests out of `events/`, and sample answers made up from schemas and the names of their fields."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from dev.openapi.routes import ROOT

NUMBER = "0123456789abcdef" * 2
TIME = "2026-11-20T10:00:00Z"
BY_NAME: dict[str, Any] = {
    "session_id": f"sess_{NUMBER}",
    "extraction_id": f"ext_{NUMBER}",
    "call_id": "rtc_u0_sample0000000000000",
    "item_id": "item_u0_sample",
    "client_secret": f"ek_{NUMBER}",
    "model": "gpt-realtime-2.1",
    "voice": "marin",
    "instructions": "Help the caller to settle in.",
    "role": "user",
    "kind": "message",
    "text": "My name is Ada, and I live in Lisbon.",
    "source": "sideband",
    "profile": {"name": "Ada", "location": "Lisbon"},
    "field": "name",
    "items": None,
    "event": "call.relayed",
    "facts": {"callId": "rtc_u0_sample0000000000000", "sideband": "on"},
    "generation": 2,
    "cursor": None,
    "agent_id": "assistant",
    "placement": "sidebar",
    "email": "ada@example.com",
    "query": "What is the capital of Portugal?",
    "answer": "Lisbon.",
    "summary": "Ada asked for the capital of Portugal: Lisbon.",
}
"""Values by a field's name in snake_case; None leaves it to the schema."""

OFFER = (ROOT / "dev" / "demo" / "offer.sdp").read_bytes().decode()
ANSWER = OFFER.replace("a=setup:actpass", "a=setup:passive")
"""An SDP answer to it, as an upstream without candidates of its own might give."""
IN_PARAMETERS: dict[str, Any] = {
    "limit": 50,
    "session_id": f"sess_{NUMBER}",
    "last_event_id": "0123456789ab:2.1.Ab3x9Q",
}
"""Values of parameters that a function's event does not show; `cursor` is found by route."""
CURSORS = {"/session": "2.item_u0_sample", "/memories": f"mem_{NUMBER}"}
"""Cursors by the beginning of a path; elsewhere they are opaque."""
OPAQUE = "eyJhdCI6IDF9"


def parameter_sample(path: str, name: str) -> Any:
    """Return a sample value of a parameter of that path."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])|-", "_", name).lower()
    if snake == "cursor":
        return next((value for start, value in CURSORS.items() if path.startswith(start)), OPAQUE)
    return IN_PARAMETERS[snake]


def read_event(code: str, root: Path = ROOT) -> dict[str, Any]:
    """Return a function's sample event, empty without one."""
    file = root / "events" / f"{code}.json"
    event: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return event


def sample_of(schema: dict[str, Any], components: dict[str, Any], name: str = "") -> Any:
    """Return a value that fits the schema."""
    if "$ref" in schema:
        return sample_of(components[schema["$ref"].rpartition("/")[2]], components, name)
    for known in ("const", "default"):
        if schema.get(known) is not None:
            return schema[known]
    if "enum" in schema:
        return schema["enum"][0]
    by_name = BY_NAME.get(re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower())
    options = schema.get("anyOf") or schema.get("oneOf") or []
    if by_name is not None and _fits(by_name, [schema, *options]):
        return by_name
    if options:
        return sample_of(options[0], components, name)
    return _by_type(schema, components)


def _fits(value: Any, schemas: list[dict[str, Any]]) -> bool:
    kinds = {str: "string", int: "integer", dict: "object"}
    return any(schema.get("type") == kinds[type(value)] for schema in schemas)


def _by_type(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    match schema.get("type"):
        case "object" if "properties" in schema:
            return {
                field: sample_of(inner, components, field) for field, inner in schema["properties"].items()
            }
        case "object":
            return {}
        case "array":
            return [sample_of(schema["items"], components)] if "items" in schema else []
        case "string":
            return TIME if schema.get("format") == "date-time" else "sample"
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return None
