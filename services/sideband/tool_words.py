"""Function calls and their outputs in the upstream's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from json import loads
from typing import Any, TypeVar

import orjson
from switchboard.domain.transcript.limits import ID_MAX
from switchboard.domain.transcript.snapshot import label, text

Value = TypeVar("Value")

INTERRUPTED = "This was not run: the person interrupted. Ask before you try again."


def output_id(tool_call_id: str) -> str:
    """Return the id of the item with a function call's output: the same for every host, so that it is one."""
    return f"sbt_{sha256(tool_call_id.encode()).hexdigest()[:24]}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A whole function call that the model has made: the upstream has told it as a response's output."""

    tool_call_id: str
    name: str
    arguments: str
    response_id: str


def asked_of(item: Mapping[str, Any], response_id: str) -> Asked | None:
    """Return the function call that an item is, made by that response; None if it is none."""
    tool_call_id = label(item, "call_id")
    if item.get("type") != "function_call" or not tool_call_id:
        return None
    return Asked(tool_call_id, text(item, "name")[:ID_MAX], text(item, "arguments"), response_id)


def arguments_of(asked: Asked) -> Any:
    """Return the arguments. Raise ValueError for what is no JSON that every target would read alike."""
    try:
        orjson.loads(asked.arguments or "{}")  # knows no NaN, no infinity and no half of a surrogate pair
        arguments = loads(asked.arguments or "{}")
        orjson.dumps(arguments)  # nor numbers and depths that are beyond most readers
    except (TypeError, RecursionError) as error:
        raise ValueError("These arguments are not for everybody.") from error
    return arguments


def is_aside(response: Mapping[str, Any]) -> bool:
    """True for a response outside the conversation: nobody could be told what its calls came to."""
    return "conversation_id" in response and response["conversation_id"] is None


def output_frame(tool_call_id: str, output: str, event_id: str) -> bytes:
    """Return the event that tells the model what a function call came to."""
    item = {
        "id": output_id(tool_call_id),
        "type": "function_call_output",
        "call_id": tool_call_id,
        "output": output,
    }
    return orjson.dumps({"type": "conversation.item.create", "event_id": event_id, "item": item})


def newest(entries: dict[str, Value], most: int) -> dict[str, Value]:
    """Return so many entries at most, those that were added last."""
    return dict(list(entries.items())[-most:])
