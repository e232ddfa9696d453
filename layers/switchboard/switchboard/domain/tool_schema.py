"""JSON schemas of tools' parameters: what they may say, and whether the model's arguments fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from switchboard.domain import limits

Path = tuple[str, ...]
Test = Callable[[Any, Any], bool]

ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "title", "description", "default", "examples", "format"}
)
"""Words that only describe."""


class BadSchema(ValueError):
    """The schema says what we could not hold arguments to."""


def require_known(schema: Any, depth: int = 1) -> None:
    """Raise BadSchema for what `misfit` would not check: a word that nobody honours would lull its author."""
    if not isinstance(schema, dict):
        raise BadSchema("holds something that is no schema")
    if depth > limits.SCHEMA_DEPTH:
        raise BadSchema(f"is nested deeper than {limits.SCHEMA_DEPTH} levels")
    for word, value in schema.items():
        if word in ANNOTATIONS:
            continue
        if word not in WORDS or not WORDS[word](value):
            raise BadSchema(f'has a "{word[:32]}" that is not supported')
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [
        schema[word] for word in ("items", "additionalProperties") if isinstance(schema.get(word), dict)
    ]
    for each in inner:
        require_known(each, depth + 1)


def misfit(schema: Mapping[str, Any], value: Any, at: Path = ()) -> str | None:
    """Return why the value does not fit the schema, None if it does. Words of the value are not quoted."""
    place = ".".join(at) or "the arguments"
    kinds = schema.get("type")
    if kinds is not None and not any(TYPES[kind](value) for kind in _listed(kinds)):
        return f"{place} must be {' or '.join(_listed(kinds))}"
    if "enum" in schema and not any(_same(value, each) for each in schema["enum"]):
        return f"{place} is none of the values allowed"
    if "const" in schema and not _same(value, schema["const"]):
        return f"{place} is not the value allowed"
    if "anyOf" in schema and all(misfit(choice, value, at) for choice in schema["anyOf"]):
        return f"{place} fits none of the choices"
    for word, (applies, fits) in BOUNDS.items():
        if word in schema and applies(value) and not fits(value, schema[word]):
            return f"{place} breaks {word} {schema[word]}"
    if isinstance(value, dict):
        return _misfit_of_object(schema, value, at, place)
    if isinstance(value, list) and "items" in schema:
        found = (misfit(schema["items"], each, (*at, str(index))) for index, each in enumerate(value))
        return next(filter(None, found), None)
    return None


def _misfit_of_object(
    schema: Mapping[str, Any], value: Mapping[str, Any], at: Path, place: str
) -> str | None:
    properties: Mapping[str, Any] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            return f"{'.'.join((*at, name))} is missing"
    others = schema.get("additionalProperties", True)
    for name, each in value.items():
        wanted = properties.get(name, others)
        if wanted is False:
            return f"{place} has a field that is not allowed"
        if isinstance(wanted, dict):
            problem = misfit(wanted, each, (*at, name[:64]))
            if problem:
                return problem
    return None


def _listed(kinds: Any) -> list[str]:
    return kinds if isinstance(kinds, list) else [kinds]


def _same(value: Any, other: Any) -> bool:
    """Equality of JSON: true is not 1."""
    return isinstance(value, bool) == isinstance(other, bool) and bool(value == other)


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and isfinite(value)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer()


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": _is_list,
    "string": _is_text,
    "number": _is_number,
    "integer": _is_integer,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}

BOUNDS: dict[str, tuple[Callable[[Any], bool], Test]] = {
    "minimum": (_is_number, lambda value, bound: value >= bound),
    "maximum": (_is_number, lambda value, bound: value <= bound),
    "exclusiveMinimum": (_is_number, lambda value, bound: value > bound),
    "exclusiveMaximum": (_is_number, lambda value, bound: value < bound),
    "minLength": (_is_text, lambda value, bound: len(value) >= bound),
    "maxLength": (_is_text, lambda value, bound: len(value) <= bound),
    "minItems": (_is_list, lambda value, bound: len(value) >= bound),
    "maxItems": (_is_list, lambda value, bound: len(value) <= bound),
}

WORDS: dict[str, Callable[[Any], bool]] = {
    "type": lambda value: bool(_listed(value)) and all(kind in TYPES for kind in map(str, _listed(value))),
    "properties": lambda value: isinstance(value, dict),
    "required": lambda value: _is_list(value) and all(map(_is_text, value)),
    "additionalProperties": lambda value: isinstance(value, bool | dict),
    "items": lambda value: isinstance(value, dict),
    "anyOf": lambda value: _is_list(value) and bool(value),
    "enum": lambda value: _is_list(value) and bool(value),
    "const": lambda value: True,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
}
"""What a schema may say, each with what its value must look like. `pattern` is not among it: a pattern can be
made to take for ever, and `$ref` would have us fetch things."""
