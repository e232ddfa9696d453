"""The rules that upstream lays on a strict schema before it will use it."""

import re
from typing import Any

from dev.simulator import limits
from dev.simulator.errors import ApiError
from dev.simulator.wire import Json

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def check_format(form: Json) -> None:
    """Raise ApiError 400 for a `text.format` that upstream would refuse."""
    kind = form.get("type", "text")
    if kind not in ("text", "json_object", "json_schema"):
        raise _refused(
            f"Invalid value: '{kind}'. Supported values are: 'json_object', 'json_schema', and 'text'.",
            "invalid_value",
            "text.format.type",
        )
    if kind != "json_schema":
        return
    name, schema = form.get("name"), form.get("schema")
    if not isinstance(name, str):
        raise _missing("text.format.name")
    if not _NAME.fullmatch(name):
        raise _refused(
            f"Invalid 'text.format.name': string does not match pattern. Expected a string that matches "
            f"the pattern '^[a-zA-Z0-9_-]+$', of at most 64 characters; got {name!r}.",
            "invalid_value",
            "text.format.name",
        )
    if not isinstance(schema, dict):
        raise _missing("text.format.schema")
    if form.get("strict"):
        if schema.get("type") != "object":
            raise _bad(name, (), f"schema must be of type 'object', got 'type: \"{schema.get('type')}\"'.")
        _check(schema, name, ())


def _check(schema: Any, name: str, path: tuple[str, ...]) -> None:
    if not isinstance(schema, dict) or len(path) > limits.MAX_SCHEMA_DEPTH * 2:
        return
    properties: Json = schema.get("properties") or {}
    if schema.get("type") == "object" or properties:
        if schema.get("additionalProperties") is not False:
            raise _bad(name, path, "'additionalProperties' is required to be supplied and to be false.")
        for missing in set(properties) - set(schema.get("required") or ()):
            raise _bad(
                name,
                path,
                "'required' is required to be supplied and to be an array including every key in "
                f"properties. Missing '{missing}'.",
            )
    for key, inner in properties.items():
        _check(inner, name, (*path, "properties", key))
    _check(schema.get("items"), name, (*path, "items"))
    for group in ("anyOf", "allOf", "oneOf"):
        for at, inner in enumerate(schema.get(group) or ()):
            _check(inner, name, (*path, group, str(at)))
    for group in ("$defs", "definitions"):
        for key, inner in (schema.get(group) or {}).items():
            _check(inner, name, (*path, group, key))


def _bad(name: str, path: tuple[str, ...], what: str) -> ApiError:
    return _refused(
        f"Invalid schema for response_format '{name}': In context={path!r}, {what}",
        "invalid_json_schema",
        "text.format.schema",
    )


def _missing(param: str) -> ApiError:
    return _refused(f"Missing required parameter: '{param}'.", "missing_required_parameter", param)


def _refused(message: str, code: str, param: str) -> ApiError:
    return ApiError(400, message, code, param=param)
