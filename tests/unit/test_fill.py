"""A browser's report fills what nobody heard, and touches nothing else, whatever it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from switchboard.domain.report import report_of
from switchboard.domain.transcript import BROWSER, GAP, Item, Part, Report, fill, is_open

from tests.unit.conversations import conversations
from tests.unit.gaps import Heard, heard_but, lies, log_of, stretches
from tests.unit.given import said, talk

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def gap(name: str = "gap_2_1", **more: Any) -> Item:
    return Item(name, kind=GAP, lost=True, ended=True, **more)


def heard(*items: Item, generation: int = 2) -> Heard:
    return [(generation, item) for item in items]


def told(*lines: tuple[str, str, str], **more: Any) -> Report:
    """A report of (id, role, words), each line behind the one before; `before` is what the first names."""
    previous = more.get("before", ...)
    messages = []
    for item_id, role, text in lines:
        line: dict[str, Any] = {"role": role, "content": text}
        if item_id:
            line["id"] = item_id
        if previous is not ... and more.get("lineage", True):
            line["previousItemId"] = previous
            previous = item_id
        messages.append(line)
    return report_of({"messages": messages})


def shown(filled: Heard) -> list[str]:
    marks = {"browser": "*", "sideband": ""}
    return [
        "GAP" if item.kind == GAP else f"{item.text or item.status}{marks[item.source]}" for _, item in filled
    ]


def chained(*previous: str | None) -> Report:
    """A report of the four lines, each with the predecessor that it names."""
    named = zip(LINES, previous, strict=True)
    lines = [{"id": i, "role": r, "content": t, "previousItemId": before} for (i, r, t), before in named]
    return report_of({"messages": lines})


A, B, C, D = talk("One.", "Two.", "Three.", "Four.")
LINES = [(item.id, item.role, item.text) for item in (A, B, C, D)]


def test_a_gap_between_two_that_both_know_gets_the_words_and_goes() -> None:
    assert shown(fill(heard(A, gap(), D), [told(*LINES)])) == ["One.", "Two.*", "Three.*", "Four."]


def test_without_a_report_everything_stays() -> None:
    assert shown(fill(heard(A, gap(), D), [])) == ["One.", "GAP", "Four."]
    assert shown(fill(heard(A, gap(), D), [told(LINES[0], LINES[3])])) == ["One.", "GAP", "Four."]


def test_words_are_found_by_words_where_a_page_has_no_ids() -> None:
    nameless = told(*(("", role, text) for _, role, text in LINES))
    assert shown(fill(heard(A, gap(), D), [nameless])) == ["One.", "Two.*", "Three.*", "Four."]
    of_its_own = told(*((f"message-{n}", role, text) for n, (_, role, text) in enumerate(LINES)))
    assert shown(fill(heard(A, gap(), D), [of_its_own])) == ["One.", "Two.*", "Three.*", "Four."]


def test_the_same_words_again_and_again_are_told_apart_by_what_is_around_them() -> None:
    yes = [said(f"item_{n}", "Yes.") for n in range(4)]
    nameless = told(("", "assistant", "Two."), *[("", "user", "Yes.")] * 5, ("", "user", "Three."))
    filled = fill(heard(B, yes[0], gap(), yes[1], yes[2], C), [nameless])
    assert " ".join(shown(filled)) == "Two. Yes. Yes.* Yes.* Yes. Yes. Three."


def test_a_lost_item_gets_its_words_by_its_id_and_keeps_its_place() -> None:
    lost = Item(B.id, lost=True)
    filled = fill(heard(A, lost, C), [told(*LINES[:3])])
    assert shown(filled) == ["One.", "Two.*", "Three."]
    assert (filled[1][1].role, filled[1][1].status, filled[1][1].kind) == (
        "assistant",
        "completed",
        "message",
    )


def test_what_was_spoken_and_never_transcribed_gets_its_words() -> None:
    unheard = replace(A, parts=(Part(0, "audio"),), ended=True)
    assert unheard.status == "untranscribed"
    [first, _] = fill(heard(unheard, B), [told(*LINES[:2])])
    assert (first[1].text, first[1].status, first[1].source) == ("One.", "completed", "browser")


def test_a_lost_item_of_a_page_without_ids_is_found_between_its_neighbours() -> None:
    nameless = told(*(("", role, text) for _, role, text in LINES))
    assert shown(fill(heard(A, Item("x", lost=True), C, D), [nameless])) == [
        "One.",
        "Two.*",
        "Three.",
        "Four.",
    ]
    assert shown(fill(heard(A, Item("x", role="user", lost=True), C, D), [nameless]))[1] == "lost"


def test_nobody_is_given_anothers_words() -> None:
    lost = Item(B.id, role="user", lost=True)
    assert shown(fill(heard(A, lost, C), [told(*LINES[:3])])) == ["One.", "lost", "Three."]


def test_lines_on_either_side_of_an_item_of_unknown_place_go_where_they_say() -> None:
    lone = Item("x", lost=True)
    lines = [{"id": A.id, "role": A.role, "content": A.text, "previousItemId": None}]
    lines.append({"id": C.id, "role": C.role, "content": C.text, "previousItemId": "x"})
    filled = fill(heard(gap("g1"), lone, gap("g2")), [report_of({"messages": lines})])
    assert shown(filled) == ["One.*", "GAP", "lost", "Three.*", "GAP"]
    of_another_talk = [report_of({"messages": lines[:1]})]
    assert shown(fill(heard(gap("g1"), B, gap("g2")), of_another_talk)) == ["GAP", "Two.", "GAP"]


def test_the_gap_at_a_calls_end_stays_behind_what_was_found() -> None:
    assert shown(fill(heard(A, gap()), [told(*LINES)])) == ["One.", "Two.*", "Three.*", "Four.*", "GAP"]


def test_a_gap_before_which_the_report_has_forgotten_something_stays_before_the_words() -> None:
    assert shown(fill(heard(A, gap(), D), [told(*LINES[2:])])) == ["One.", "GAP", "Three.*", "Four."]


def test_a_report_that_opens_a_call_closes_the_gap_at_its_beginning() -> None:
    assert shown(fill(heard(gap(), C), [told(*LINES[:3], before=None)])) == ["One.*", "Two.*", "Three."]
    assert shown(fill(heard(gap(), C), [told(*LINES[:3])])) == ["GAP", "One.*", "Two.*", "Three."]


def test_a_chain_with_a_hole_leaves_the_gap() -> None:
    filled = fill(heard(A, gap(), D), [chained(None, A.id, "untold", C.id)])
    assert shown(filled) == ["One.", "Two.*", "Three.*", "GAP", "Four."]


def test_of_two_gaps_in_one_stretch_the_predecessor_tells_which() -> None:
    talk_ = heard(A, gap("g1"), said("x", "Unknown to the page."), gap("g2"), D)
    assert shown(fill(talk_, [told(*LINES)])) == ["One.", "GAP", "Unknown to the page.", "GAP", "Four."]
    assert shown(fill(talk_, [told(*LINES, before=None)]))[:3] == ["One.", "Two.*", "Three.*"]


def test_of_two_gaps_in_one_stretch_the_time_tells_which() -> None:
    first, second = gap("g1", audio_start_ms=0, audio_end_ms=900), gap("g2", audio_start_ms=2000)
    lines: list[dict[str, Any]] = [
        {"id": i, "role": r, "content": t} for i, r, t in (LINES[0], LINES[2], LINES[3])
    ]
    lines[1] |= {"audioStartMs": 2500, "audioEndMs": 2900}
    talk_ = heard(A, first, said("x", "Unknown to the page."), second, D)
    filled = fill(talk_, [report_of({"messages": lines})])
    assert shown(filled) == ["One.", "GAP", "Unknown to the page.", "GAP", "Three.*", "Four."]
    assert (filled[3][1].audio_start_ms, filled[3][1].audio_end_ms) == (2000, 2500)


def test_a_report_that_shares_nothing_with_the_talk_fills_nothing() -> None:
    stranger = told(("x", "user", "Something else."), ("y", "assistant", "Entirely."))
    assert shown(fill(heard(A, gap(), D), [stranger])) == ["One.", "GAP", "Four."]


def test_a_call_of_which_nobody_heard_a_word_is_the_browsers_to_tell() -> None:
    assert shown(fill(heard(gap()), [told(*LINES[:2])])) == ["One.*", "Two.*", "GAP"]
    second = [*heard(A, B), *heard(gap(), generation=4)]
    assert shown(fill(second, [told(*LINES[2:])]))[2:] == ["GAP"]
    assert shown(fill(second, [told(*LINES[2:], before=None)]))[2:] == ["Three.*", "Four.*", "GAP"]


def test_a_gap_between_two_calls_belongs_to_its_call() -> None:
    both = [*heard(A, gap()), *heard(D, generation=4)]
    filled = fill(both, [told(*LINES)])
    assert [(generation, item.text) for generation, item in filled] == [
        (2, "One."),
        (2, "Two."),
        (2, "Three."),
        (4, "Four."),
    ]


def test_a_line_that_fits_nowhere_keeps_the_gap_open() -> None:
    lines = [LINES[0], ("lost", "assistant", "What?"), (B.id, B.role, "Two."), LINES[2], LINES[3]]
    assert shown(fill(heard(A, B, gap(), D), [told(*lines)])) == ["One.", "Two.", "Three.*", "GAP", "Four."]


def test_late_words_of_the_user_stand_where_lineage_puts_them() -> None:
    late = chained(None, A.id, B.id, C.id)
    filled = fill(heard(A, gap(), D), [[late[1], late[0], late[3], late[2]]])
    assert shown(filled) == ["One.", "Two.*", "Three.*", "Four."]


def test_a_tool_call_and_its_answer_fill_a_gap_where_they_say_where_they_belong() -> None:
    call = {"name": "find", "arguments": {"city": "Lisbon"}, "output": "Rain.", "callId": "call_1"}
    placed = {**call, "itemId": "f", "previousItemId": A.id, "outputItemId": "o"}
    messages = [{"id": A.id, "role": "user", "content": "One.", "previousItemId": None}]
    messages.append({"id": D.id, "role": "assistant", "content": "Four.", "previousItemId": "o"})
    filled = fill(heard(A, gap(), D), [report_of({"messages": messages, "toolCalls": [placed]})])
    assert [(item.kind, item.arguments or item.output) for _, item in filled[1:-1]] == [
        ("function_call", '{"city": "Lisbon"}'),
        ("function_call_output", "Rain."),
    ]
    assert (
        shown(fill(heard(A, gap(), D), [report_of({"messages": messages, "toolCalls": [call]})]))[1] == "GAP"
    )


def test_what_was_heard_beside_the_conversation_fills_no_gap() -> None:
    lines = told(LINES[0], ("aside", "assistant", "A title."), LINES[3])
    assert shown(fill(heard(A, gap(), D), [lines], {"aside"})) == ["One.", "GAP", "Four."]


def untouched(before: Heard, after: Heard) -> None:
    """Assert that all that was heard is there as it was, in order, and that the rest stands in gaps alone."""
    words = [(generation, item) for generation, item in before if not is_open(item)]
    assert [pair for pair in after if pair[1].source != BROWSER and not is_open(pair[1])] == words
    at = 0
    for generation, item in before:
        if item.kind != GAP:
            while after[at][1].id != item.id:
                at += 1  # what stands in the gap before
            assert after[at][0] == generation
            at += 1
            continue
        while at < len(after) and (after[at][1].source == BROWSER or after[at][1].kind == GAP):
            if after[at][1].id in {item.id for _, item in before if item.kind != GAP}:
                break
            at += 1
    assert at == len(after)
    assert len({(generation, item.id) for generation, item in after}) == len(after)


@QUICK
@given(st.data())
def test_a_true_report_makes_the_talk_whole(data: st.DataObject) -> None:
    upstream = data.draw(conversations(edited=False))
    holey = heard_but(upstream, data.draw(stretches(upstream)), forgets=data.draw(st.booleans()))
    filled = fill(holey, [report_of(log_of(upstream))])
    untouched(holey, filled)
    truth = {each.id: each.text for each in upstream.live if each.text}
    told = [item for _, item in filled if item.id in truth]
    assert [item.id for item in told] == list(truth)
    for item in told:
        words, true = item.text or item.arguments or item.output, truth[item.id]
        in_part = item.status in ("incomplete", "interrupted")
        half = item.source == "sideband" and in_part  # heard in part, and left as heard
        assert half or true == words
    true_ids = list(truth)
    for (_, one), (_, marker), (_, other) in zip(filled, filled[1:], filled[2:], strict=False):
        if marker.kind == GAP and len(truth) == len(upstream.items):
            assert true_ids.index(one.id) + 1 == true_ids.index(other.id)


@QUICK
@given(st.data())
def test_a_true_report_without_lineage_or_ids_adds_nothing_false(data: st.DataObject) -> None:
    upstream = data.draw(conversations(edited=False))
    holey = heard_but(upstream, data.draw(stretches(upstream)))
    log = log_of(upstream, ids=data.draw(st.booleans()), lineage=False)
    filled = fill(holey, [report_of(log)])
    untouched(holey, filled)
    assume(not any(item.text and item.status == "incomplete" for _, item in holey))
    rest = iter([each.text for each in upstream.live])
    assert all(item.text in rest for _, item in filled if item.text)


@QUICK
@given(st.data())
def test_no_lie_moves_changes_or_hides_what_was_heard(data: st.DataObject) -> None:
    upstream = data.draw(conversations())
    holey = heard_but(upstream, data.draw(stretches(upstream)), forgets=data.draw(st.booleans()))
    reports = [report_of(data.draw(lies())) for _ in range(data.draw(st.integers(1, 3)))]
    if data.draw(st.booleans()):
        reports.append(report_of(log_of(upstream)))
    filled = fill(holey, reports)
    untouched(holey, filled)
    assert fill(filled, reports) == filled
    assert fill(holey, [*reversed(reports), *reports]) == filled
    assert fill([pair for pair in holey if not is_open(pair[1])], reports) == [
        pair for pair in holey if not is_open(pair[1])
    ]


def test_a_long_talk_with_many_gaps_and_a_long_report_is_no_burden() -> None:
    items = talk(*(f"Sentence {number}." for number in range(4000)))
    report = told(*((item.id, item.role, item.text) for item in items[-1500:]))
    holey = heard(*(gap(f"g{n}") if n % 3 == 1 else item for n, item in enumerate(items)))
    filled = fill(holey, [report] * 8)
    assert "GAP" not in shown(filled)[-1499:]
    assert shown(filled)[:2500].count("GAP") == 833
