"""Which kind of JSON value belongs where; checked once, so that the rest may rely on it."""

from dataclasses import dataclass
from typing import Any

from dev.simulator.errors import ApiError, EventRefused


@dataclass(frozen=True)
class Each:
    """An object whose values all have one shape, whatever their names; none of them is null."""

    shape: "Shape"


Shape = (
    Any  # an Each, a type, a tuple of types, [shape of each element], or {name: shape}; null fits everywhere
)

SCHEMA: dict[str, Shape] = {
    "type": (str, [str]),
    "enum": list,
    "required": [str],
    "$ref": str,
    "format": str,
    "pattern": str,
    **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength"), int),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum"), (int, float)),
}
SCHEMA.update({"items": SCHEMA, "anyOf": [SCHEMA], "oneOf": [SCHEMA], "allOf": [SCHEMA]})
SCHEMA.update({"properties": Each(SCHEMA), "$defs": Each(SCHEMA), "definitions": Each(SCHEMA)})
SESSION: Shape = {
    "type": str,
    "model": str,
    "instructions": str,
    "output_modalities": [str],
    "audio": {
        "input": {
            "format": {"type": str},
            "transcription": {
                "model": str,
                "language": str,
                "prompt": str,
                "keywords": [str],
                "languages": [str],
                "delay": str,
            },
            "noise_reduction": {"type": str},
            "turn_detection": {"type": str, "create_response": bool, "interrupt_response": bool},
        },
        "output": {"format": {"type": str}, "voice": (str, dict), "speed": (int, float)},
    },
    "tools": [{"type": str, "name": str, "description": str, "parameters": SCHEMA, "server_label": str}],
    "tool_choice": (str, dict),
    "max_output_tokens": (int, str),
    "include": [str],
    "prompt": dict,
    "tracing": (str, dict),
    "truncation": (str, dict),
}
MINT: Shape = {"expires_after": {"anchor": str, "seconds": int}, "session": SESSION}
_ITEM: Shape = {
    "id": str,
    "type": str,
    "role": str,
    "content": [{"type": str, "text": str, "transcript": str}],
    "name": str,
    "call_id": str,
    "arguments": str,
    "output": str,
}
_RESPONSE: Shape = {
    "conversation": str,
    "output_modalities": [str],
    "metadata": dict,
    "max_output_tokens": (int, str),
    "tool_choice": (str, dict),
}
CLIENT_EVENT: Shape = {
    "type": str,
    "event_id": str,
    "session": SESSION,
    "item": _ITEM,
    "item_id": str,
    "previous_item_id": str,
    "content_index": int,
    "audio_end_ms": int,
    "audio": str,
    "response": _RESPONSE,
    "response_id": str,
}
RESPONSES: Shape = {
    "model": str,
    "instructions": str,
    "input": (str, list),
    "max_output_tokens": int,
    "text": {"format": {"type": str, "name": str, "strict": bool, "schema": SCHEMA}, "verbosity": str},
    "tools": [{"type": str, "name": str, "parameters": SCHEMA}],
    "tool_choice": (str, dict),
    "stream": bool,
    "metadata": dict,
}
EMBEDDINGS: Shape = {
    "model": str,
    "input": (str, [(str, int, [int])]),
    "dimensions": int,
    "encoding_format": str,
}
CHAT: Shape = {
    "user": str,
    "workflow": {"id": str, "version": str, "state_variables": dict, "tracing": {"enabled": bool}},
    "expires_after": {"seconds": int},
    "rate_limits": {"max_requests_per_1_minute": int},
    "chatkit_configuration": {
        "automatic_thread_titling": dict,
        "file_upload": dict,
        "history": dict,
    },
}
_WORDS = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    dict: "an object",
    list: "an array",
}


def check_body(body: object, shape: Shape) -> None:
    """Raise ApiError 400 for the first value of the wrong kind."""
    wrong = misfit(body, shape, "")
    if wrong is not None:
        raise ApiError(400, _message(*wrong), "invalid_type", param=wrong[0] or None)


def check_event(event: object, shape: Shape, path: str = "") -> None:
    """Raise EventRefused for the first value of the wrong kind."""
    wrong = misfit(event, shape, path)
    if wrong is not None:
        raise EventRefused("invalid_type", _message(*wrong), wrong[0] or None)


def misfit(value: object, shape: Shape, path: str) -> tuple[str, str] | None:
    """The path of the first value that does not fit, and what was expected there; None if all fit."""
    if value is None:
        return None
    if isinstance(shape, Each):
        if isinstance(value, dict) and None in value.values():
            return path, _WORDS[dict]
        shape = dict.fromkeys(value, shape.shape) if isinstance(value, dict) else {}
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return path, _WORDS[dict]
        places = (
            (value.get(name), inner, f"{path}.{name}" if path else name) for name, inner in shape.items()
        )
    elif isinstance(shape, list):
        if not isinstance(value, list) or None in value:
            return path, _WORDS[list]
        places = ((one, shape[0], f"{path}[{at}]") for at, one in enumerate(value))
    else:
        choices = shape if isinstance(shape, tuple) else (shape,)
        return None if any(_is(value, choice) for choice in choices) else (path, _expected(choices))
    return next((wrong for wrong in (misfit(*place) for place in places) if wrong is not None), None)


def _is(value: object, choice: Shape) -> bool:
    if not isinstance(choice, type):
        return misfit(value, choice, "") is None
    return isinstance(value, choice) and (choice is bool or not isinstance(value, bool))


def _expected(choices: tuple[Shape, ...]) -> str:
    return " or ".join(_WORDS[one if isinstance(one, type) else type(one)] for one in choices)


def _message(path: str, expected: str) -> str:
    return (
        f"Invalid type for '{path}': expected {expected}." if path else f"Invalid body: expected {expected}."
    )
