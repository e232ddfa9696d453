"""Whatever the upstream does to the order of its events, a conversation folds to the same transcript."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from switchboard.domain.transcript import (
    START,
    Item,
    Part,
    Transcript,
    changed,
    close,
    fold,
    forget,
    from_entry,
    mark_lost,
    merge_entries,
    missing,
    order,
    settled,
    to_entry,
    usage_of,
)
from switchboard.domain.transcript.join import join

from tests.unit.conversations import Upstream, conversations, disorders
from tests.unit.recordings import folded

# Few examples of rich scripts: the files of this folder together are to run in seconds.
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FUZZ = settings(max_examples=100, deadline=None)


def line(item: Item) -> tuple[str, str, str]:
    return item.id, item.text or item.arguments or item.output, item.status


def live(transcript: Transcript) -> list[tuple[str, str, str]]:
    return [line(item) for item in order(transcript.items.values()) if not item.deleted]


def script(upstream: Upstream) -> list[tuple[str, str, str]]:
    return [(said.id, said.text, said.status) for said in upstream.live]


def known(transcript: Transcript) -> dict[str, dict[str, Any]]:
    """Everything known of each item, but for its arrival number."""
    entries = (to_entry(item) for item in transcript.items.values())
    return {entry["id"]: {key: value for key, value in entry.items() if key != "seq"} for entry in entries}


@QUICK
@given(conversations())
def test_the_transcript_reads_as_the_script(upstream: Upstream) -> None:
    transcript = folded(upstream.events)
    assert live(transcript) == script(upstream)
    assert {item.id for item in transcript.items.values() if item.deleted} == {
        said.id for said in upstream.items if said.deleted
    }


@QUICK
@given(conversations())
def test_everything_is_settled_when_the_script_ends(upstream: Upstream) -> None:
    transcript = folded(upstream.events)
    assert all(settled(item) for item in transcript.items.values())
    assert missing(transcript, unsettled=True) == ()
    assert live(close(transcript)) == script(upstream)


@QUICK
@given(st.data())
def test_no_order_repeat_or_lost_delta_changes_the_transcript(data: st.DataObject) -> None:
    upstream = data.draw(conversations())
    disordered = folded(data.draw(disorders(upstream.events)))
    assert live(disordered) == script(upstream)
    assert known(disordered) == known(folded(upstream.events))


@QUICK
@given(st.data())
def test_a_second_telling_changes_nothing(data: st.DataObject) -> None:
    upstream = data.draw(conversations())
    transcript = folded(upstream.events)
    assert folded(data.draw(disorders(upstream.events)), transcript) is transcript


def retrieve(upstream: Upstream, transcript: Transcript) -> Transcript:
    """Ask the upstream for what is missing until it has nothing more to say."""
    snapshots = {said.id: said.snapshot for said in upstream.live}
    asked: set[str] = set()
    while wanted := [name for name in missing(transcript, unsettled=True) if name not in asked]:
        for name in wanted:
            asked.add(name)
            if name in snapshots:
                found = {"type": "conversation.item.retrieved", "item": snapshots[name]}
                transcript = fold(transcript, found)
            else:
                transcript = mark_lost(transcript, name)
    return transcript


@QUICK
@given(st.data())
def test_a_gap_is_filled_by_retrieval(data: st.DataObject) -> None:
    upstream = data.draw(conversations(edited=False))
    start = data.draw(st.integers(0, len(upstream.events)))
    end = data.draw(st.integers(start, len(upstream.events)))
    events = upstream.events[:start] + upstream.events[end:]
    transcript = retrieve(upstream, folded(events))
    told = [(name, text) for name, text, _ in live(transcript)]
    truth = [(said.id, said.text) for said in upstream.items]
    assert told == [pair for pair in truth if pair[0] in transcript.items]
    unheard = {said.id for said in upstream.items if said.status == "failed"}
    assert all(settled(item) for item in transcript.items.values() if item.id not in unheard)


@QUICK
@given(st.data())
def test_a_gap_without_a_new_item_leaves_no_trace(data: st.DataObject) -> None:
    upstream = data.draw(conversations(edited=False).filter(lambda upstream: len(upstream.items) > 1))
    told = ("conversation.item.added", "input_audio_buffer.committed")
    kept = ("conversation.item.truncated", "conversation.item.input_audio_transcription.failed")
    start = data.draw(st.integers(0, len(upstream.events)))
    events = [
        event
        for number, event in enumerate(upstream.events)
        if number < start or event["type"] in told or event["type"] in kept
    ]
    assert live(retrieve(upstream, folded(events))) == script(upstream)


@QUICK
@given(st.data())
def test_pruning_changes_nothing_in_the_journal(data: st.DataObject) -> None:
    upstream = data.draw(conversations())
    flushes = data.draw(st.sets(st.integers(0, len(upstream.events))))
    stored = transcript = Transcript()
    journal: list[dict[str, Any]] = []
    for number, event in enumerate(upstream.events):
        transcript = fold(transcript, event)
        if number in flushes:
            batch = changed(stored, transcript)
            journal += [to_entry(item) for item in batch]
            stored = transcript = forget(transcript, batch)
    journal += [to_entry(item) for item in changed(stored, close(transcript))]
    assert live(merge_entries(journal)) == script(upstream)


@QUICK
@given(st.data())
def test_a_forgotten_item_does_not_come_back_by_a_repeat(data: st.DataObject) -> None:
    upstream = data.draw(conversations())
    transcript = folded(upstream.events)
    pruned = forget(transcript, transcript.items.values())
    again = folded(data.draw(disorders(upstream.events)), pruned)
    back = {item.id: item for item in again.items.values() if item.id not in pruned.items}
    late = {said.id for said in upstream.items if said.status == "interrupted" or said.deleted}
    assert back.keys() <= late
    assert all(item.amends and not item.text for item in back.values())


@QUICK
@given(st.data())
def test_a_host_may_take_over_at_any_event(data: st.DataObject) -> None:
    upstream = data.draw(conversations())
    cut = data.draw(st.integers(0, len(upstream.events)))
    first = folded(upstream.events[:cut])
    journal = json.loads(json.dumps([to_entry(item) for item in first.items.values()]))
    second = folded(upstream.events[cut:], merge_entries(journal))
    assert live(second) == script(upstream)


@QUICK
@given(st.data())
def test_the_versions_of_an_item_join_to_its_last(data: st.DataObject) -> None:
    upstream = data.draw(conversations())
    transcript = Transcript()
    journal: list[Item] = []
    for event in data.draw(disorders(upstream.events)):
        before, transcript = transcript, fold(transcript, event)
        journal += changed(before, transcript)
    entries = [to_entry(item) for item in data.draw(st.permutations(journal))]
    assert merge_entries(entries).items == transcript.items


@QUICK
@given(conversations())
def test_entries_round_trip_exactly(upstream: Upstream) -> None:
    for item in close(folded(upstream.events[: len(upstream.events) // 2])).items.values():
        assert from_entry(json.loads(json.dumps(to_entry(item)))) == item


def versions() -> st.SearchStrategy[Item]:
    """Versions of one item that differ in everything that a few values can differ in."""
    few = st.integers(0, 3)
    word = st.sampled_from(["", "a", "b"])
    part = st.builds(Part, few, st.sampled_from(["", "text", "audio"]), few, word)
    return st.builds(
        Item,
        id=st.just("x"),
        seq=few,
        previous=st.sampled_from([None, START, "a", "b"]),
        lineage=few,
        kind=st.sampled_from(["unknown", "message", "mcp_call"]),
        role=word,
        parts=st.lists(part, max_size=2, unique_by=lambda part: part.index).map(
            lambda parts: tuple(sorted(parts, key=lambda part: part.index))
        ),
        progress=few,
        arguments=word,
        heard_ms=st.none() | few,
        audio_end_ms=st.none() | few,
        interrupted=st.booleans(),
        lost=st.booleans(),
        amends=st.booleans(),
    )


@FUZZ
@given(versions(), versions(), versions())
def test_versions_join_in_any_grouping_and_order(one: Item, two: Item, three: Item) -> None:
    assert join(one, two) == join(two, one)
    assert join(join(one, two), three) == join(one, join(two, three))
    assert join(one, one) is one
    assert join(join(one, two), two) == join(one, two)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@FUZZ
@given(json_values)
def test_no_json_value_raises(value: Any) -> None:
    assert fold(Transcript(), value) == Transcript()
    assert usage_of(value) is None


@FUZZ
@given(st.data())
def test_no_mangled_event_raises(data: st.DataObject) -> None:
    upstream = data.draw(conversations())
    events: list[Any] = json.loads(json.dumps(upstream.events))
    for mangled in data.draw(st.lists(st.sampled_from(events), max_size=6)) if events else []:
        spot = data.draw(st.sampled_from([mangled, *(x for x in mangled.values() if isinstance(x, dict))]))
        key = data.draw(st.sampled_from([*spot, "content", "output", "previous_item_id"]))
        spot[key] = data.draw(json_values)
        usage_of(mangled)
    transcript = folded(events)
    transcript = close(transcript)
    ordered = order(transcript.items.values())
    assert len(ordered) <= len(transcript.items)
    assert merge_entries(to_entry(item) for item in ordered).items.keys() <= transcript.items.keys()
