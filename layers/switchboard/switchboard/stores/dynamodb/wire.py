"""Rows as DynamoDB's wire wants them; boto3's own converter would bring all of boto3 and s3transfer along.

Rows are flat: texts, whole numbers, truth values and bytes. What is deeper is kept as JSON text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Value = str | int | bool | bytes

READERS: dict[str, Callable[[Any], Value]] = {"S": str, "N": int, "BOOL": bool, "B": bytes}


def to_wire(value: Value) -> dict[str, Any]:
    """Return the value with its type. Raise TypeError for a type that rows do not hold."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
    raise TypeError(f"a row holds no {type(value).__name__}")


def from_wire(typed: Mapping[str, Any]) -> Value:
    """Return the value of `{type: value}`. Raise KeyError for a type that rows do not hold."""
    ((kind, value),) = typed.items()
    return READERS[kind](value)
