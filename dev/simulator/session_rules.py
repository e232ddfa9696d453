"""What a session configuration may say; every refusal names its field as upstream does."""

from typing import Any

from dev.simulator.errors import EventRefused
from dev.simulator.shapes import SESSION, check_event
from dev.simulator.wire import Json

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
FORMATS = ("audio/pcm", "audio/pcmu", "audio/pcma")
LISTENING_MODELS = ("gpt-transcribe", "gpt-live-transcribe")  # the two that take keywords and languages
TRANSCRIPTION_MODELS = (
    "whisper-1",
    *LISTENING_MODELS,
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe",
    "gpt-4o-transcribe-diarize",
    "gpt-realtime-whisper",
)
SESSION_FIELDS = frozenset(
    [
        "type",
        "model",
        "instructions",
        "output_modalities",
        "audio",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "reasoning",
        "tracing",
        "truncation",
        "max_output_tokens",
        "include",
        "prompt",
    ]
)
INPUT_FIELDS = frozenset(("format", "transcription", "noise_reduction", "turn_detection"))
OUTPUT_FIELDS = frozenset(("format", "voice", "speed"))
TRANSCRIPTION_FIELDS = frozenset(("model", "language", "prompt", "keywords", "languages", "delay"))
VAD_FIELDS = {
    "server_vad": frozenset(
        [
            "type",
            "threshold",
            "prefix_padding_ms",
            "silence_duration_ms",
            "idle_timeout_ms",
            "create_response",
            "interrupt_response",
        ]
    ),
    "semantic_vad": frozenset(("type", "eagerness", "create_response", "interrupt_response")),
}


def check_session(session: Json) -> None:
    """Raise EventRefused for the first field that upstream would refuse."""
    check_event(session, SESSION, "session")
    kind = session.get("type")
    if kind is None:
        raise EventRefused(
            "missing_required_parameter", "Missing required parameter: 'session.type'.", "session.type"
        )
    _one_of(kind, ("realtime", "transcription"), "session.type")
    _known(session, SESSION_FIELDS, "session")
    modalities = session.get("output_modalities")
    if modalities is not None and modalities not in (["audio"], ["text"]):
        raise _invalid(
            f"Invalid modalities: {modalities}. Supported combinations are: ['text'] and ['audio'].",
            "session.output_modalities",
        )
    _check_numbers(session)
    _check_tools(session)
    audio = _object(session.get("audio"), "session.audio")
    _known(audio, frozenset(("input", "output")), "session.audio")
    _check_input(_object(audio.get("input"), "session.audio.input"))
    _check_output(_object(audio.get("output"), "session.audio.output"))


def _check_numbers(session: Json) -> None:
    tokens = session.get("max_output_tokens", "inf")
    if tokens != "inf" and not (isinstance(tokens, int) and 1 <= tokens <= 4096):
        raise _invalid(
            f"Invalid value: {tokens!r}. Expected an integer between 1 and 4096, or 'inf'.",
            "session.max_output_tokens",
        )
    for name in ("instructions",):
        if session.get(name) is not None and not isinstance(session[name], str):
            raise _wrong_type("a string", f"session.{name}")


def _check_tools(session: Json) -> None:
    tools = session.get("tools") or []
    if not isinstance(tools, list):
        raise _wrong_type("an array of objects", "session.tools")
    for index, tool in enumerate(tools):
        path = f"session.tools[{index}]"
        _one_of(_object(tool, path).get("type"), ("function", "mcp"), f"{path}.type")
        needed = "name" if tool["type"] == "function" else "server_label"
        if not isinstance(tool.get(needed), str):
            raise EventRefused(
                "missing_required_parameter",
                f"Missing required parameter: '{path}.{needed}'.",
                f"{path}.{needed}",
            )
    choice = session.get("tool_choice", "auto")
    if isinstance(choice, str):
        _one_of(choice, ("none", "auto", "required"), "session.tool_choice")


def _check_input(audio: Json) -> None:
    _known(audio, INPUT_FIELDS, "session.audio.input")
    _check_format(audio, "session.audio.input.format")
    noise = audio.get("noise_reduction")
    if noise is not None:
        kind = _object(noise, "session.audio.input.noise_reduction").get("type")
        _one_of(kind, ("near_field", "far_field"), "session.audio.input.noise_reduction.type")
    if audio.get("transcription") is not None:
        _check_transcription(_object(audio["transcription"], "session.audio.input.transcription"))
    turns = audio.get("turn_detection")
    if turns is not None:
        path = "session.audio.input.turn_detection"
        kind = _object(turns, path).get("type", "server_vad")
        _one_of(kind, tuple(VAD_FIELDS), f"{path}.type")
        _known(turns, VAD_FIELDS[kind], path)


def _check_transcription(transcription: Json) -> None:
    path = "session.audio.input.transcription"
    _known(transcription, TRANSCRIPTION_FIELDS, path)
    model = transcription.get("model")
    if model is not None:
        _one_of(model, TRANSCRIPTION_MODELS, f"{path}.model")
    for field, models in (
        ("languages", LISTENING_MODELS),
        ("keywords", LISTENING_MODELS),
        ("delay", ("gpt-realtime-whisper", "gpt-live-transcribe")),
    ):
        if transcription.get(field) and model not in models:
            raise _invalid(f"'{field}' is not supported by the model '{model}'.", f"{path}.{field}")


def _check_output(audio: Json) -> None:
    _known(audio, OUTPUT_FIELDS, "session.audio.output")
    _check_format(audio, "session.audio.output.format")
    voice = audio.get("voice")
    if isinstance(voice, str):
        _one_of(voice, VOICES, "session.audio.output.voice")
    speed = audio.get("speed", 1.0)
    if not isinstance(speed, (int, float)) or not 0.25 <= speed <= 1.5:
        raise _invalid(
            f"Invalid value: {speed!r}. Expected a number between 0.25 and 1.5.",
            "session.audio.output.speed",
        )


def _check_format(audio: Json, path: str) -> None:
    if audio.get("format") is not None:
        _one_of(_object(audio["format"], path).get("type"), FORMATS, f"{path}.type")


def _object(value: Any, path: str) -> Json:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _wrong_type("an object", path)
    return value


def _known(value: Json, fields: frozenset[str], path: str) -> None:
    for name in value:
        if name not in fields:
            raise EventRefused("unknown_parameter", f"Unknown parameter: '{path}.{name}'.", f"{path}.{name}")


def _one_of(value: Any, allowed: tuple[str, ...], path: str) -> None:
    if value not in allowed:
        names = ", ".join(f"'{name}'" for name in allowed)
        raise _invalid(f"Invalid value: '{value}'. Supported values are: {names}.", path)


def _invalid(message: str, param: str) -> EventRefused:
    return EventRefused("invalid_value", message, param)


def _wrong_type(expected: str, path: str) -> EventRefused:
    return EventRefused("invalid_type", f"Invalid type for '{path}': expected {expected}.", path)
