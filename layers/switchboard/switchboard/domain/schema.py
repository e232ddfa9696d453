"""The caller's extraction schema: checked, and made strict as the upstream wants it."""

from __future__ import annotations

from json import dumps
from typing import Any

from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest
from switchboard.domain.extraction import Evidence, Finding

TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with every object closed and every field required. Raise InvalidRequest.

    A field that the caller left optional may become null instead, so that nothing must be invented.
    """
    if len(dumps(schema)) > limits.SCHEMA_BYTES:
        raise _wrong(f"is larger than {limits.SCHEMA_BYTES} bytes")
    if schema.get("type") != "object" or not schema.get("properties"):
        raise _wrong('must be an object with "properties"')
    return _strict(schema, 1)


def answer_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what the model must answer: the profile, and for each field the lines that it rests on."""
    evidence = {
        "type": "object",
        "properties": {
            "field": {"type": "string", "enum": list(schema["properties"])},
            "lines": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["field", "lines"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"profile": schema, "evidence": {"type": "array", "items": evidence}},
        "required": ["profile", "evidence"],
        "additionalProperties": False,
    }


def finding_of(answer: dict[str, Any], item_ids: list[str]) -> Finding:
    """Return the finding of a valid answer; a line number that was never given counts for nothing."""
    cited: dict[str, list[str]] = {}
    for piece in answer["evidence"]:
        items = cited.setdefault(piece["field"], [])
        lines = (line for line in piece["lines"] if 0 < line <= len(item_ids))
        items.extend(item_ids[line - 1] for line in lines if item_ids[line - 1] not in items)
    evidence = tuple(Evidence(field, tuple(items)) for field, items in cited.items() if items)
    return Finding(answer["profile"], evidence)


def _strict(schema: Any, depth: int) -> dict[str, Any]:
    if not isinstance(schema, dict):
        raise _wrong("must hold schemas only")
    if depth > limits.SCHEMA_DEPTH:
        raise _wrong(f"is nested deeper than {limits.SCHEMA_DEPTH} levels")
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "enum" not in schema and "anyOf" not in schema and not (kinds and set(map(str, kinds)) <= TYPES):
        raise _wrong('has a part without a known "type"')
    result = dict(schema)
    if isinstance(schema.get("anyOf"), list):
        result["anyOf"] = [_strict(choice, depth + 1) for choice in schema["anyOf"]]
    if "array" in kinds:
        result["items"] = _strict(schema.get("items"), depth + 1)
    if "object" in kinds:
        result.update(_closed(schema, depth))
    return result


def _closed(schema: dict[str, Any], depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        raise _wrong('has "properties" that are no object')
    required = schema.get("required", list(properties))
    return {
        "properties": {
            name: _strict(part, depth + 1) if name in required else _nullable(_strict(part, depth + 1))
            for name, part in properties.items()
        },
        "required": list(properties),
        "additionalProperties": False,
    }


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = schema.get("type")
    if isinstance(kinds, str) and "enum" not in schema:
        return {**schema, "type": [kinds, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _wrong(what: str) -> InvalidRequest:
    return InvalidRequest(f"The schema {what}.", details={"fields": [{"field": "schema", "problem": what}]})
