"""Items that a client puts into a conversation, as upstream accepts and echoes them."""

from dev.simulator.chance import Chance
from dev.simulator.conversation import Conversation
from dev.simulator.errors import EventRefused
from dev.simulator.wire import Json

_PARTS = {
    "user": ("input_text", "input_audio", "input_image"),
    "system": ("input_text",),
    "assistant": ("output_text",),  # assistant audio cannot be seeded
}
_MAX_ID = 32


def seeded_item(asked: Json, conversation: Conversation, chance: Chance) -> Json:
    """The item as it will be echoed. Raises EventRefused for what upstream would not take."""
    item_id = asked.get("id") or chance.id("item")
    if not isinstance(item_id, str) or len(item_id) > _MAX_ID:
        raise EventRefused(
            "string_above_max_length",
            f"Invalid 'item.id': string too long. Expected at most {_MAX_ID} characters.",
            "item.id",
        )
    match asked.get("type"):
        case "message":
            return _message(item_id, asked)
        case "function_call":
            return {
                "id": item_id,
                "type": "function_call",
                "status": "completed",
                "name": _text(asked, "name"),
                "call_id": asked.get("call_id") or chance.id("call", 16),
                "arguments": _text(asked, "arguments"),
            }
        case "function_call_output":
            return _output(item_id, asked, conversation)
        case other:
            raise EventRefused(
                "invalid_value",
                f"Invalid value: '{other}'. Supported values are: 'message', 'function_call', "
                "'function_call_output'.",
                "item.type",
            )


def _message(item_id: str, asked: Json) -> Json:
    role = asked.get("role")
    if role not in _PARTS:
        raise EventRefused(
            "invalid_value",
            f"Invalid value: '{role}'. Supported values are: 'user', 'system', 'assistant'.",
            "item.role",
        )
    content = asked.get("content")
    if not isinstance(content, list) or not content:
        raise EventRefused(
            "missing_required_parameter", "Missing required parameter: 'item.content'.", "item.content"
        )
    parts = [_part(role, part, index) for index, part in enumerate(content)]
    return {"id": item_id, "type": "message", "status": "completed", "role": role, "content": parts}


def _part(role: str, part: object, index: int) -> Json:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(part, dict) or kind not in _PARTS[role]:
        names = ", ".join(f"'{name}'" for name in _PARTS[role])
        raise EventRefused(
            "invalid_value",
            f"Invalid value: '{kind}'. Supported values are: {names}.",
            f"item.content[{index}].type",
        )
    if kind == "input_audio":
        return {"type": kind, "transcript": part.get("transcript")}
    return part


def _output(item_id: str, asked: Json, conversation: Conversation) -> Json:
    call_id = _text(asked, "call_id")
    if not any(item.body.get("call_id") == call_id for item in conversation):
        raise EventRefused(
            "invalid_tool_call_id", f"Tool call ID '{call_id}' not found in conversation.", "item.call_id"
        )
    output = _text(asked, "output")
    return {"id": item_id, "type": "function_call_output", "call_id": call_id, "output": output}


def _text(asked: Json, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str):
        raise EventRefused(
            "missing_required_parameter", f"Missing required parameter: 'item.{name}'.", f"item.{name}"
        )
    return value
