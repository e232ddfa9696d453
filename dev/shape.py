"""The shape of a JSON value: its keys and types at every depth, without the values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_NAMES: dict[type, str] = {bool: "boolean", int: "number", float: "number", str: "string"}


def shape_of(value: Any) -> Any:
    """Return `{key: shape}` for an object, `[shape, …]` of distinct shapes for a list, else a type's name."""
    if isinstance(value, dict):
        return {key: shape_of(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        distinct: list[Any] = []
        for item in map(shape_of, value):
            if item not in distinct:
                distinct.append(item)
        return distinct
    return "null" if value is None else _NAMES[type(value)]


def differences(recorded: Any, seen: Any, path: str = "") -> Iterator[str]:
    """Yield a sentence for each place where two shapes differ."""
    here = path or "the answer"
    if isinstance(recorded, dict) and isinstance(seen, dict):
        for key in sorted(recorded.keys() | seen.keys()):
            below = f"{path}.{key}" if path else key
            if key not in seen:
                yield f"{below} is missing"
            elif key not in recorded:
                yield f"{below} is new"
            else:
                yield from differences(recorded[key], seen[key], below)
    elif isinstance(recorded, list) and isinstance(seen, list):
        # An empty list has no shape of its own; it fits every list.
        if recorded and seen and recorded != seen:
            yield f"{here} has items of another shape"
    elif recorded != seen:
        yield f"{here} was {_kind(recorded)} and is {_kind(seen)}"


def _kind(shape: Any) -> str:
    if isinstance(shape, dict):
        return "an object"
    return "a list" if isinstance(shape, list) else str(shape)
