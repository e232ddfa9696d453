"""The effective configuration of a simulated session."""

from typing import Any

import pytest

from dev.simulator.errors import EventRefused
from dev.simulator.session_config import merged, new_session
from dev.simulator.wire import Json


def session(**asked: Any) -> Json:
    return new_session("sess_1", {"type": "realtime", **asked})


def audio(**parts: Any) -> Json:
    return {"type": "realtime", "audio": {"input": parts}}


def test_an_update_changes_only_what_it_names() -> None:
    before = session(instructions="Be brief.", output_modalities=["text"])
    after = merged(before, {"type": "realtime", "instructions": "Be long."})
    assert after == {**before, "instructions": "Be long."}


def test_an_update_leaves_the_old_configuration_alone() -> None:
    before = session()
    merged(before, audio(transcription={"model": "gpt-realtime-whisper"}))
    assert before["audio"]["input"]["transcription"] is None


def test_turn_detection_is_merged_into_its_own_kind_only() -> None:
    eager = merged(session(), audio(turn_detection={"type": "server_vad", "threshold": 0.9}))
    again = merged(eager, audio(turn_detection={"type": "server_vad", "create_response": False}))
    assert again["audio"]["input"]["turn_detection"]["threshold"] == 0.9
    semantic = merged(again, audio(turn_detection={"type": "semantic_vad"}))
    assert semantic["audio"]["input"]["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }


def test_null_switches_turn_detection_and_transcription_off() -> None:
    listening = merged(session(), audio(transcription={"model": "gpt-transcribe"}))
    deaf = merged(listening, audio(transcription=None, turn_detection=None))
    assert deaf["audio"]["input"]["transcription"] is None
    assert deaf["audio"]["input"]["turn_detection"] is None


def test_a_function_tool_echoes_a_missing_description_as_null() -> None:
    tool = {"type": "function", "name": "f", "parameters": {}}
    assert session(tools=[tool])["tools"] == [
        {"type": "function", "name": "f", "description": None, "parameters": {}}
    ]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({}, "session.type"),
        ({"type": "other"}, "session.type"),
        ({"type": "realtime", "voice": "marin"}, "session.voice"),
        ({"type": "realtime", "output_modalities": ["text", "audio"]}, "session.output_modalities"),
        ({"type": "realtime", "max_output_tokens": 5000}, "session.max_output_tokens"),
        ({"type": "realtime", "instructions": 7}, "session.instructions"),
        ({"type": "realtime", "tools": [{"type": "function"}]}, "session.tools[0].name"),
        ({"type": "realtime", "audio": {"output": {"voice": "nobody"}}}, "session.audio.output.voice"),
        ({"type": "realtime", "audio": {"output": {"speed": 3}}}, "session.audio.output.speed"),
        (
            audio(transcription={"model": "whisper-1", "languages": ["en"]}),
            "session.audio.input.transcription.languages",
        ),
        (
            audio(transcription={"model": "gpt-transcribe", "delay": "low"}),
            "session.audio.input.transcription.delay",
        ),
        (
            audio(turn_detection={"type": "semantic_vad", "threshold": 1}),
            "session.audio.input.turn_detection.threshold",
        ),
    ],
)
def test_a_refused_field_is_named(change: Json, param: str) -> None:
    with pytest.raises(EventRefused) as refused:
        merged(session(), change)
    assert refused.value.param == param


def test_tracing_stays_once_it_is_on() -> None:
    with pytest.raises(EventRefused):
        merged(session(tracing="auto"), {"type": "realtime", "tracing": None})
