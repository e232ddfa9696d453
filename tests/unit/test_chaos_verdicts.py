"""What the chaos counts as lost, doubled or out of order, and what it excuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from switchboard.domain.report import report_of
from switchboard.domain.transcript import GAP, START, Item, Part, fill
from switchboard.domain.transcript.item import ADDED_LINEAGE, DONE_LINEAGE, FINAL, INCOMPLETE

from dev.chaos import limits
from dev.chaos.browsers import log_of
from dev.chaos.reading import Reading
from dev.chaos.tally import Tally
from dev.chaos.truth import Line, is_covered, was_heard
from tests.unit.given import talk

A, B, C = talk("One.", "Two.", "Three.")
TRUTH = [Line(item.id, item.text) for item in (A, B, C)]
UNHEARD = [TRUTH[0], Line(B.id, B.text, heard=False), TRUTH[2]]
HOLE = Item("gap_2_1", kind=GAP, lost=True, ended=True)
EAR = {"since": 10.0, "until": 20.0, "cut": False}


def wrong(truth: list[Line], *items: Item) -> list[str]:
    tally = Tally()
    tally.add("rtc_1", truth, items)
    return tally.wrong


def misread(truth: list[Line], *items: Item) -> list[str]:
    reading = Reading()
    reading.add("rtc_1", truth, items)
    return reading.wrong


def test_a_whole_transcript_is_right() -> None:
    assert wrong(TRUTH, A, B, C) == misread(TRUTH, A, B, C) == []


def test_what_was_heard_has_no_excuse() -> None:
    assert "heard, and not there" in wrong(TRUTH, A, HOLE, C)[0]


def test_what_was_not_heard_is_excused_only_by_a_gap_in_its_place() -> None:
    assert wrong(UNHEARD, A, HOLE, C) == []
    assert "nothing shows it" in wrong(UNHEARD, A, C)[0]
    assert "nothing shows it" in wrong(UNHEARD, A, C, HOLE)[0]
    assert "nothing shows it" in wrong(UNHEARD, HOLE, A, C)[0]


@pytest.mark.parametrize("items", [(A, B, B, C), (A, Item("x"), B, C), (B, A, C), (A, C, B)])
def test_what_is_doubled_invented_or_out_of_order_is_wrong(items: tuple[Item, ...]) -> None:
    assert wrong(TRUTH, *items)
    assert misread(TRUTH, *items)


def test_a_reader_is_owed_every_word_and_no_gap_excuses_any() -> None:
    assert "is not read" in misread(UNHEARD, A, HOLE, C)[0]
    assert "instead" in wrong(UNHEARD, A, talk("Two.", "Tow.")[1], C)[0]
    assert misread([*TRUTH, Line("silent", None, "Never transcribed.")], A, B, C) == []


def test_an_item_whose_place_nobody_heard_may_stand_elsewhere_and_the_transcript_is_not_equal() -> None:
    reading = Reading()
    lone = replace(B, previous=None)
    reading.add("rtc_1", TRUTH, [A, C, HOLE, lone])
    assert (reading.wrong, reading.adrift, reading.equal) == ([], 1, 0)
    reading.add("rtc_2", TRUTH, [A, HOLE, lone, C])
    assert (reading.wrong, reading.adrift, reading.equal) == ([], 1, 1)


def test_what_follows_an_item_whose_place_nobody_heard_has_a_place_once_it_was_seen_to_begin() -> None:
    lone, began = replace(A, previous=None, lineage=0), replace(C, previous="unknown", lineage=ADDED_LINEAGE)
    assert wrong(TRUTH, HOLE, began, lone, replace(B, lineage=DONE_LINEAGE)) == []
    misplaced = wrong(TRUTH, HOLE, began, lone, replace(B, lineage=ADDED_LINEAGE))
    assert misplaced == [f"rtc_1: {C.id} stands before {B.id}"]


def test_words_that_broke_off_are_left_as_they_were_heard_and_counted() -> None:
    reading = Reading()
    half = replace(B, parts=(Part(0, "text", FINAL, " Tw"),), progress=INCOMPLETE)
    reading.add("rtc_1", TRUTH, [A, half, C])
    assert (reading.wrong, reading.halved, reading.equal) == ([], 1, 0)
    nothing = replace(half, parts=())
    assert "reads ''" in misread(TRUTH, A, nothing, C)[0]
    asked = Line("b", None, None, known=("look_up", "{}", ""))
    assert misread([TRUTH[0], asked, TRUTH[2]], A, half, C)


def told(item: Item, previous: str | None) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "type": "message",
        "role": item.role,
        "text": item.text,
        "previous_item_id": previous,
    }


def test_a_browsers_log_fills_what_hosts_missed() -> None:
    log = log_of("sess_1", [told(A, None), told(B, A.id), told(C, B.id)])
    read = [item for _, item in fill([(2, A), (2, HOLE), (2, C)], [report_of(log)])]
    assert misread(UNHEARD, *read) == []


def test_a_log_tells_of_tools_and_their_answers() -> None:
    call = {
        "item_id": "f",
        "type": "function_call",
        "role": "assistant",
        "name": "look_up",
        "call_id": "call_1",
    }
    answer = {
        "item_id": "o",
        "type": "function_call_output",
        "role": "tool",
        "call_id": "call_1",
        "output": "rain",
    }
    log = log_of(
        "sess_1",
        [
            {**call, "arguments": "{}", "text": None, "previous_item_id": None},
            {**answer, "previous_item_id": "f"},
        ],
    )
    told = report_of(log)
    assert [(item.id, item.previous, item.arguments or item.output) for item in told] == [
        ("f", START, "{}"),
        ("o", "f", "rain"),
    ]


def test_what_fell_on_the_edge_of_a_connection_may_be_unheard() -> None:
    assert is_covered(11.0, 19.0, [EAR])
    assert not is_covered(9.0, 19.0, [EAR])
    assert not is_covered(11.0, 21.0, [EAR])
    assert not is_covered(20.0, 20.0, [EAR])
    assert not is_covered(19.0, 19.0, [{**EAR, "cut": True}])
    assert is_covered(11.0, 29.0, [EAR, {"since": 19.0, "until": None, "cut": False}])
    newer = {"since": 15.0, "until": 16.0, "cut": True}
    assert not is_covered(17.0, 18.0, [EAR, newer])
    assert is_covered(11.0, 15.2, [EAR, newer])


def test_what_a_host_had_the_time_to_write_is_not_excused_by_its_death() -> None:
    assert not was_heard((11.0, 12.0), [EAR], [13.0])
    assert was_heard((11.0, 12.0), [EAR], [12.1 + limits.DURABLE_WITHIN])
    assert was_heard((11.0, 12.0), [EAR], [10.5])
