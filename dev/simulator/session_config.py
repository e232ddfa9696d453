"""The effective configuration of a session: upstream's defaults, sparse updates, the full echo."""

import copy

from dev.simulator.errors import EventRefused
from dev.simulator.session_rules import check_session
from dev.simulator.wire import Json

DEFAULT_MODEL = "gpt-realtime-2.1"
DEFAULT_INSTRUCTIONS = (
    "You are a helpful, warm assistant on a voice line. Speak briefly, and call a function when one fits."
)
_PCM: Json = {"type": "audio/pcm", "rate": 24000}
_VAD_DEFAULTS: dict[str, Json] = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    },
}
_OPTIONAL = ("parallel_tool_calls", "reasoning")  # echoed only when set


def new_session(session_id: str, asked: Json, expires_at: int = 0) -> Json:
    """The full echo of a session made from a sparse configuration, keys in upstream's order.

    Raises EventRefused when the configuration is one upstream would refuse.
    """
    session: Json = {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": asked.get("model") or DEFAULT_MODEL,
        "output_modalities": ["audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": expires_at,
        "audio": {
            "input": {
                "format": dict(_PCM),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(_VAD_DEFAULTS["server_vad"]),
            },
            "output": {"format": dict(_PCM), "voice": "alloy", "speed": 1.0},
        },
        "include": None,
    }
    return merged(session, asked)


def merged(session: Json, change: Json) -> Json:
    """A new configuration with a sparse change laid over it, or EventRefused and nothing changed."""
    check_session(change)
    if change.get("model") not in (None, session["model"]):
        raise EventRefused("invalid_value", "The model of a session cannot be changed.", "session.model")
    if session["tracing"] is not None and change.get("tracing", session["tracing"]) != session["tracing"]:
        raise EventRefused(
            "invalid_value", "Tracing cannot be modified once it is enabled.", "session.tracing"
        )
    result = copy.deepcopy(session)
    change = copy.deepcopy(change)
    result["type"] = change["type"]
    for name in ("output_modalities", "instructions", "tool_choice", "max_output_tokens", "truncation"):
        if change.get(name) is not None:
            result[name] = change[name]
    for name in ("tracing", "prompt", "include"):
        if name in change:
            result[name] = change[name]
    for name in _OPTIONAL:
        if change.get(name) is not None:
            result[name] = change[name]
    if "tools" in change:
        result["tools"] = [_echoed_tool(tool) for tool in change["tools"] or []]
    audio = change.get("audio") or {}
    _merge_input(result["audio"]["input"], audio.get("input") or {})
    for name, value in (audio.get("output") or {}).items():
        if value is not None:
            result["audio"]["output"][name] = value
    return result


def _merge_input(current: Json, change: Json) -> None:
    if change.get("format") is not None:
        current["format"] = change["format"]
    if "noise_reduction" in change:
        current["noise_reduction"] = change["noise_reduction"]
    if "transcription" in change:
        wanted = change["transcription"]
        current["transcription"] = wanted and {
            "model": "gpt-realtime-whisper",
            "language": None,
            "prompt": None,
            **wanted,
        }
    if "turn_detection" in change:
        current["turn_detection"] = _merged_turns(current["turn_detection"], change["turn_detection"])


def _merged_turns(current: Json | None, change: Json | None) -> Json | None:
    if change is None:
        return None
    kind = change.get("type", "server_vad")
    base = current if current is not None and current["type"] == kind else _VAD_DEFAULTS[kind]
    return {**base, **change}


def _echoed_tool(tool: Json) -> Json:
    if tool["type"] != "function":
        return tool
    return {
        "type": "function",
        "name": tool["name"],
        "description": tool.get("description"),
        "parameters": tool.get("parameters"),
    }
