"""Recorded calls fold to what was said in them."""

import json

import pytest
from switchboard.domain.transcript import (
    START,
    Item,
    Usage,
    from_entry,
    merge_entries,
    missing,
    order,
    settled,
    to_entry,
    usage_of,
)

from tests.unit.recordings import folded, received

NAMES = (
    "primary_audio_turn",
    "primary_text_turn",
    "primary_tool_round",
    "sideband_audio_turn",
    "sideband_text_turn",
)


def lines(name: str) -> list[tuple[str, str, str]]:
    """Who said what, and how far it got."""
    items = order(folded(received(name)).items.values())
    return [
        (item.role or item.kind, item.text or item.arguments or item.output, item.status) for item in items
    ]


def test_a_spoken_turn_reads_as_two_lines() -> None:
    assert lines("primary_audio_turn") == [
        ("user", "Hello, my name is Marcelo.", "completed"),
        ("assistant", "Hello, Marcelo! Great to meet you. How can I help you today?", "completed"),
    ]


def test_a_written_turn_reads_as_two_lines() -> None:
    assert lines("primary_text_turn") == [
        ("user", "Say a short greeting.", "completed"),
        ("assistant", "Hi there!", "completed"),
    ]


def test_a_tool_round_keeps_the_call_and_its_output() -> None:
    assert lines("primary_tool_round") == [
        ("user", "What is the weather in London?", "completed"),
        ("function_call", '{  \n  "city": "London" \n} \n', "completed"),
        ("function_call_output", "It is foggy and 12 degrees in London.", "completed"),
        ("assistant", "It is foggy and 12 degrees in London.", "completed"),
    ]


def test_a_tool_call_and_its_output_are_tied_by_the_call_id() -> None:
    _, call, output, _ = order(folded(received("primary_tool_round")).items.values())
    assert call.name == "get_weather"
    assert call.call_id == output.call_id == "call_uMNE0Myi2tDTPu0w"


def test_a_sideband_hears_what_a_primary_socket_hears() -> None:
    assert lines("sideband_audio_turn") == [
        ("user", "Say hello.", "completed"),
        ("assistant", "Hello there.", "completed"),
    ]
    assert lines("sideband_text_turn") == [
        ("user", "Say hello.", "completed"),
        ("assistant", "Hello there!", "completed"),
    ]


def test_a_null_predecessor_in_done_does_not_move_the_reply_to_the_start() -> None:
    user, reply = order(folded(received("sideband_text_turn")).items.values())
    assert user.previous == START
    assert reply.previous == user.id


def test_speech_keeps_its_place_in_the_audio() -> None:
    user, _ = order(folded(received("primary_audio_turn")).items.values())
    assert (user.audio_start_ms, user.audio_end_ms) == (1460, 4256)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_open_at_the_end(name: str) -> None:
    transcript = folded(received(name))
    assert all(settled(item) for item in transcript.items.values())
    assert missing(transcript, unsettled=True) == ()
    assert not transcript.drafts


def unnumbered(items: list[Item]) -> list[dict[str, object]]:
    """The items as entries, without their arrival numbers."""
    return [{key: value for key, value in to_entry(item).items() if key != "seq"} for item in items]


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_read_backwards_tells_the_same(name: str) -> None:
    events = received(name)
    forwards = order(folded(events).items.values())
    backwards = order(folded(reversed(events)).items.values())
    assert unnumbered(backwards) == unnumbered(forwards)


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_twice_tells_the_same(name: str) -> None:
    events = received(name)
    once = folded(events)
    assert folded(events, once) is once


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_survives_the_journal(name: str) -> None:
    items = order(folded(received(name)).items.values())
    entries = json.loads(json.dumps([to_entry(item) for item in items]))
    assert [from_entry(entry) for entry in entries] == items
    assert order(merge_entries(reversed(entries)).items.values()) == items


def test_usage_is_read_from_responses_and_transcriptions() -> None:
    bills = [usage for event in received("primary_audio_turn") if (usage := usage_of(event))]
    assert bills == [
        Usage(source="transcription", id="item_E6U0xpLmn5e80rVGpEeKv", seconds=3.0),
        Usage(
            source="response",
            id="resp_E6U0xfWhN878XBMhc0LKn",
            input_text=14,
            input_audio=27,
            output_text=28,
            output_audio=136,
        ),
    ]
