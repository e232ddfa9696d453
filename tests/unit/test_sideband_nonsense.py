"""Whatever the upstream sends, and however broken, a call is heard on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sideband.conversation import Conversation
from sideband.journal import Journal
from sideband.meter import Meter
from sideband.pinned import Guard, Pinned
from sideband.tool_talk import ToolTalk
from switchboard.domain.price import PRICES
from switchboard.domain.transcript import Transcript

from tests.unit.recordings import received
from tests.unit.sideband_events import Event, appeared, delta, done, error, heard, retrieved

NAMES = ("sideband_audio_turn", "sideband_text_turn", "primary_audio_turn", "primary_tool_round")
CALL = {"id": "f", "type": "function_call", "status": "completed", "name": "t", "call_id": "c"}
SAMPLES: list[Event] = [
    *(event for name in NAMES for event in received(name)),
    error("switchboard_1", "invalid_value"),
    retrieved("a1", "Hello."),
    {"type": "conversation.item.deleted", "item_id": "a1"},
    {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 5},
    {
        "type": "conversation.item.input_audio_transcription.failed",
        "item_id": "u1",
        "error": {"code": "x"},
    },
    {"type": "response.created", "response": {"id": "r"}},
    {"type": "response.output_item.done", "response_id": "r", "item": {**CALL, "arguments": "{}"}},
    {"type": "response.done", "response": {"id": "r", "status": "completed", "output": [CALL]}},
    {"type": "conversation.item.added", "item": {**CALL, "type": "function_call_output", "output": "x"}},
]
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 1.5, 2**64 - 1, 1e308, "", "x", "root", "a" * 200, "\x00", [], [[]], {}, {"id": []}]
)


class Tools:
    """Function calls are thought about, and none is run."""

    def __init__(self) -> None:
        self.talk = ToolTalk({"t"}, lambda _: True)

    def hear(self, event: Mapping[str, Any], now: float) -> None:
        self.talk.hear(event, now)
        self.talk.due(now)

    def refused(self, error: Mapping[str, Any], now: float) -> None:
        self.talk.refused(error, now)


def fresh() -> Conversation:
    meter = Meter(None, ("gpt-realtime", "gpt-live-transcribe"), PRICES)
    guard = Guard(Pinned("Be brief.", [], "gpt-live-transcribe"), lambda *_: None)
    conversation = Conversation(Journal(Transcript(), 1), "gpt-live-transcribe", guard, meter.take)
    conversation.tools = Tools()
    conversation.opened(0.0)
    return conversation


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a JSON value, as what it is in and its key there."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from spots(inner)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_events_with_anything_in_the_place_of_anything_do_no_harm(data: st.DataObject) -> None:
    conversation = fresh()
    conversation.take(orjson.dumps(appeared("a3", "a2")), 0.0)
    for number in range(data.draw(st.integers(1, 12))):
        event = deepcopy(data.draw(st.sampled_from(SAMPLES)))
        for _ in range(data.draw(st.integers(0, 3))):
            inside, key = data.draw(st.sampled_from(list(spots(event))))
            inside[key] = deepcopy(data.draw(ODD))
        conversation.take(orjson.dumps(event), float(number))
    conversation.close(100.0)
    while write := conversation.journal.next_write():
        orjson.dumps(list(write.entries.values()))
        conversation.journal.written(write)


@pytest.mark.parametrize("name", [[], {}, [[]], 7, None])
def test_an_answer_about_an_item_without_a_name_does_no_harm(name: Any) -> None:
    conversation = fresh()
    conversation.take(orjson.dumps(appeared("a2", "a1")), 0.0)
    answer = retrieved("a1", "Hello.")
    answer["item"]["id"] = name
    assert conversation.take(orjson.dumps(answer), 0.0) == []


@pytest.mark.parametrize(
    ("broken", "words"), [(rb"Hi \ud83d there.", "Hi ? there."), (b"Hi \xf0\x9f there.", "Hi \ufffd there.")]
)
def test_half_a_character_costs_that_character_and_not_the_item(broken: bytes, words: str) -> None:
    conversation = fresh()
    for event in (appeared("a1", None), done("a1", None, "WORDS")):
        conversation.take(orjson.dumps(event).replace(b"WORDS", broken), 0.0)
    assert conversation.journal.transcript.items["a1"].text == words
    assert conversation.journal.next_write()


@pytest.mark.parametrize(
    "frame",
    [
        b"[" * 200_000,
        b'{"type":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
        b'{"type":"x","n":' + b"9" * 9_000 + b"}",
    ],
)
def test_a_frame_that_nobody_can_read_is_passed_over(frame: bytes) -> None:
    conversation = fresh()
    assert conversation.take(frame, 0.0) == []
    assert not conversation.journal.transcript.items


def test_the_end_of_a_session_is_told_by_a_number_only() -> None:
    conversation = fresh()
    nonsense: list[Any] = ["soon", True, [], None, -5]
    for told in nonsense:
        conversation.take(orjson.dumps({"type": "session.updated", "session": {"expires_at": told}}), 0.0)
    conversation.take(b'{"type":"session.updated","session":{"expires_at":Infinity}}', 0.0)
    assert conversation.expires_at == 0


def test_words_cut_off_with_their_call_say_so() -> None:
    conversation = fresh()
    for _ in range(20):
        conversation.take(orjson.dumps(delta("a1", "word " * 400)), 0.0)
    conversation.close(1.0)
    assert conversation.journal.transcript.items["a1"].clipped


def test_events_that_nobody_knows_are_passed_over() -> None:
    conversation = fresh()
    for event in (*heard("u1", None, "Hello."), {"type": "conversation.item.sung", "item_id": "u1"}):
        conversation.take(json.dumps(event).encode(), 0.0)
    assert conversation.journal.transcript.items["u1"].text == "Hello."
