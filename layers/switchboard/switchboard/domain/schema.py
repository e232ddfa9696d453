"""The caller's extraction schema: checked, and made strict as the upstream wants it."""

from __future__ import annotations

from collections.abc import Callable
from json import dumps
from math import isfinite
from typing import Any

from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest
from switchboard.domain.extraction import Evidence, Finding

TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "title", "default", "examples", "additionalProperties"}
)
"""Dropped: they only describe; and every object is closed anyway."""


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with every object closed and every field required. Raise InvalidRequest.

    A field that the caller left optional may become null instead, so that nothing must be invented. What the
    upstream cannot honour is refused by name, above all `$ref`, which would have us fetch things.
    """
    if schema.get("type") != "object":
        raise _wrong('must be an object with "properties"')
    made = _strict(schema, 1)
    if len(dumps(made)) > limits.SCHEMA_BYTES:
        raise _wrong(f"is larger than {limits.SCHEMA_BYTES} bytes")
    return made


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
    cited: dict[str, dict[str, None]] = {}
    for piece in answer["evidence"]:
        items = cited.setdefault(piece["field"], {})
        items.update((item_ids[int(line) - 1], None) for line in piece["lines"] if 0 < line <= len(item_ids))
    evidence = tuple(Evidence(field, tuple(items)) for field, items in cited.items() if items)
    return Finding(answer["profile"], evidence)


def _strict(schema: Any, depth: int) -> dict[str, Any]:
    if not isinstance(schema, dict):
        raise _wrong("must hold schemas only")
    if depth > limits.SCHEMA_DEPTH:
        raise _wrong(f"is nested deeper than {limits.SCHEMA_DEPTH} levels")
    part = {keyword: value for keyword, value in schema.items() if keyword not in ANNOTATIONS}
    for keyword, value in part.items():
        if keyword not in KEYWORDS:
            raise _wrong(f'uses "{keyword[:32]}", which is not supported')
        if not KEYWORDS[keyword](value):
            raise _wrong(f'has a "{keyword}" that makes no sense')
    kinds = _kinds(part)
    if not kinds and "enum" not in part and "anyOf" not in part:
        raise _wrong('has a part without a "type"')
    if {"properties", "required"} & part.keys() and "object" not in kinds:
        raise _wrong('has "properties" in what is no object')
    if "anyOf" in part:
        part["anyOf"] = [_strict(choice, depth + 1) for choice in part["anyOf"]]
    if "array" in kinds or "items" in part:
        part["items"] = _strict(part.get("items"), depth + 1)
    if "object" in kinds:
        part.update(_closed(part, depth))
    return part


def _closed(part: dict[str, Any], depth: int) -> dict[str, Any]:
    properties = part.get("properties")
    if not properties:
        raise _wrong('has an object without "properties"')
    required = part.get("required", list(properties))
    if not set(required) <= properties.keys():
        raise _wrong('requires what is not among its "properties"')
    inner = {name: _strict(value, depth + 1) for name, value in properties.items()}
    return {
        "properties": {
            name: value if name in required else _nullable(value) for name, value in inner.items()
        },
        "required": list(properties),
        "additionalProperties": False,
    }


def _nullable(part: dict[str, Any]) -> dict[str, Any]:
    kinds = _kinds(part)
    if "null" in kinds and "enum" not in part:
        return part
    if kinds and "enum" not in part:
        return {**part, "type": [*kinds, "null"]}
    return {"anyOf": [part, {"type": "null"}]}


def _kinds(part: dict[str, Any]) -> list[str]:
    kinds = part.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]


def _wrong(what: str) -> InvalidRequest:
    return InvalidRequest(f"The schema {what}.", details={"fields": [{"field": "schema", "problem": what}]})


def _is_type(value: Any) -> bool:
    kinds = value if isinstance(value, list) else [value]
    known = [kind for kind in kinds if isinstance(kind, str) and kind in TYPES]
    return bool(kinds) and known == kinds and len(set(known)) == len(known)


def _is_properties(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_name, value))


def _is_name(name: str) -> bool:
    """Tell whether a property may have that name: validators are made of it, so quotes and braces may not."""
    return 0 < len(name) <= 64 and name.isprintable() and not set(name) & set("\"'`\\{}$")


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_choice(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_scalar, value))


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | bool) or _is_number(value)


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


KEYWORDS: dict[str, Callable[[Any], bool]] = {
    "type": _is_type,
    "description": lambda value: isinstance(value, str),
    "properties": _is_properties,
    "required": _is_names,
    "items": lambda value: isinstance(value, dict),
    "anyOf": lambda value: isinstance(value, list) and bool(value),
    "enum": _is_choice,
    "minimum": _is_number,
    "maximum": _is_number,
    "exclusiveMinimum": _is_number,
    "exclusiveMaximum": _is_number,
    "minItems": _is_count,
    "maxItems": _is_count,
}
"""What a schema may say, each with what its value must look like."""
