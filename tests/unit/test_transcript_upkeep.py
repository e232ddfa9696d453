"""Between events a host stores, forgets, asks for what is missing, and closes."""

from decimal import Decimal
from typing import Any

from switchboard.domain.transcript import (
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
    to_entry,
    usage_of,
)
from switchboard.domain.transcript.limits import FORGOTTEN_MAX

from tests.unit.recordings import folded, received

RECORDED = "primary_audio_turn"


def added(item_id: str, previous: str | None, text: str = "Hi.") -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    item = {"id": item_id, "type": "message", "role": "user", "status": "completed", "content": content}
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": item}


def truncated(item_id: str) -> dict[str, Any]:
    return {
        "type": "conversation.item.truncated",
        "item_id": item_id,
        "content_index": 0,
        "audio_end_ms": 700,
    }


def test_only_changed_items_are_to_be_written() -> None:
    before = folded([added("a", None)])
    after = fold(before, added("b", "a"))
    assert [item.id for item in changed(before, after)] == ["b"]
    assert changed(after, after) == ()


def test_deltas_give_nothing_to_write() -> None:
    events = received(RECORDED)
    transcript = Transcript()
    for event in events:
        before, transcript = transcript, fold(transcript, event)
        if event["type"].endswith(".delta") and changed(before, transcript):
            assert not before.items.keys() >= transcript.items.keys()


def test_stored_items_leave_the_memory() -> None:
    transcript = folded(received(RECORDED))
    pruned = forget(transcript, transcript.items.values())
    assert not pruned.items
    assert folded(received(RECORDED), pruned) is pruned


def test_an_item_that_changed_while_it_was_written_stays() -> None:
    before = folded(received(RECORDED))
    user, reply = order(before.items.values())
    after = fold(before, truncated(reply.id))
    assert forget(after, [user, reply]).items.keys() == {reply.id}


def test_an_item_that_is_still_open_stays() -> None:
    events = received(RECORDED)
    half = folded(events[: len(events) // 2])
    assert forget(half, half.items.values()) is half


def test_a_late_interruption_of_a_forgotten_item_amends_it() -> None:
    transcript = folded(received(RECORDED))
    journal = [to_entry(item) for item in transcript.items.values()]
    _, reply = order(transcript.items.values())
    pruned = forget(transcript, transcript.items.values())
    late = fold(pruned, truncated(reply.id))
    (amendment,) = changed(pruned, late)
    assert amendment.amends
    delta = {"type": "response.output_audio_transcript.delta", "item_id": reply.id, "delta": "Hel"}
    assert fold(late, delta) is late
    assert missing(late, unsettled=True) == ()
    assert not forget(late, [amendment]).items
    again = merge_entries([*journal, to_entry(amendment)]).items[reply.id]
    assert (again.text, again.status, again.heard_ms) == (reply.text, "interrupted", 700)
    assert (again.previous, again.amends) == (reply.previous, False)


def failure(code: str) -> dict[str, Any]:
    kind = "conversation.item.input_audio_transcription.failed"
    return {"type": kind, "item_id": "u", "content_index": 0, "error": {"code": code}}


def test_an_item_that_may_turn_out_well_stays() -> None:
    committed = {"type": "input_audio_buffer.committed", "item_id": "u", "previous_item_id": None}
    for transcript in (folded([committed, failure("x")]), mark_lost(Transcript(), "u")):
        assert forget(transcript, transcript.items.values()) is transcript


def test_an_item_whose_place_is_unknown_stays() -> None:
    transcript = fold(Transcript(), {**added("a", None), "type": "conversation.item.retrieved"})
    assert forget(transcript, transcript.items.values()) is transcript


def test_what_was_answered_outside_the_conversation_does_not_stay() -> None:
    item = {"id": "a", "type": "message", "role": "assistant", "status": "completed", "content": []}
    outside = {"conversation_id": None, "output_modalities": ["text"], "output": [item]}
    done = {"type": "response.done", "response": {"id": "r", "status": "completed", **outside}}
    transcript = fold(Transcript(), done)
    pruned = forget(transcript, transcript.items.values())
    assert not pruned.items
    assert fold(pruned, done) is pruned


def test_an_item_whose_words_are_in_the_making_stays() -> None:
    item = {"id": "a", "type": "message", "role": "assistant", "status": "completed", "content": []}
    delta = {"type": "response.output_text.delta", "item_id": "a", "delta": "Hel"}
    transcript = folded([{**added("a", None), "item": item}, delta])
    assert forget(transcript, transcript.items.values()) is transcript
    assert close(transcript).items["a"].text == "Hel"


def test_a_forgotten_predecessor_is_not_missing() -> None:
    transcript = folded([added("a", None)])
    pruned = fold(forget(transcript, transcript.items.values()), added("b", "a"))
    assert missing(pruned) == ()


def test_the_forgotten_are_remembered_within_bounds() -> None:
    transcript = Transcript()
    for number in range(0, FORGOTTEN_MAX + 50, 50):
        transcript = folded((added(f"{n}", "x") for n in range(number, number + 50)), transcript)
        transcript = forget(transcript, transcript.items.values())
    assert len(transcript.forgotten) == FORGOTTEN_MAX
    assert transcript.forgot(str(FORGOTTEN_MAX))
    assert not transcript.forgot("0")


def test_a_named_but_unknown_predecessor_is_missing_until_it_is_retrieved() -> None:
    transcript = folded([added("c", "b")])
    assert missing(transcript) == ("b",)
    found = {**added("b", None), "type": "conversation.item.retrieved"}
    transcript = fold(transcript, found)
    assert missing(transcript) == ()
    assert [item.id for item in order(transcript.items.values())] == ["b", "c"]


def test_open_items_are_worth_asking_for_after_a_reconnect_only() -> None:
    committed = {"type": "input_audio_buffer.committed", "item_id": "u", "previous_item_id": None}
    transcript = folded([committed])
    assert missing(transcript) == ()
    assert missing(transcript, unsettled=True) == ("u",)
    assert missing(mark_lost(transcript, "u"), unsettled=True) == ()


def test_an_item_known_by_its_id_alone_is_worth_asking_for() -> None:
    assert missing(fold(Transcript(), truncated("a"))) == ("a",)


def test_an_open_item_that_was_deleted_is_no_longer_waited_for() -> None:
    committed = {"type": "input_audio_buffer.committed", "item_id": "u", "previous_item_id": None}
    transcript = folded([committed, {"type": "conversation.item.deleted", "item_id": "u"}])
    assert missing(transcript, unsettled=True) == ()
    assert not forget(transcript, transcript.items.values()).items


def test_what_cannot_be_fetched_is_lost_and_keeps_its_place() -> None:
    transcript = mark_lost(folded([added("a", None), added("c", "b")]), "b")
    assert [(item.id, item.status) for item in order(transcript.items.values())] == [
        ("a", "completed"),
        ("b", "lost"),
        ("c", "completed"),
    ]
    assert missing(transcript, unsettled=True) == ()


def test_a_lost_item_that_turns_up_is_found() -> None:
    transcript = fold(mark_lost(folded([added("c", "b")]), "b"), added("b", "a"))
    assert transcript.items["b"].status == "completed"


def test_an_item_that_is_known_is_never_lost() -> None:
    assert mark_lost(folded([added("a", None)]), "a").items["a"].status == "completed"


def test_closing_gives_up_on_what_is_missing() -> None:
    closed = close(folded([added("c", "b")]))
    assert closed.items["b"].status == "lost"
    assert close(closed) is closed


def test_closing_keeps_the_final_parts_beside_the_draft_of_another() -> None:
    said = {"item_id": "a", "response_id": "r", "output_index": 0}
    first = {"type": "response.output_text.done", "content_index": 0, "text": "Hello.", **said}
    second = {"type": "response.output_text.delta", "content_index": 1, "delta": "How a", **said}
    assert close(folded([first, second])).items["a"].text == "Hello.\nHow a"


def test_a_settled_call_is_closed_as_it_is() -> None:
    transcript = folded(received(RECORDED))
    assert close(transcript) is transcript


def test_an_entry_says_only_what_is_known() -> None:
    (item,) = folded([added("a", None)]).items.values()
    assert to_entry(item) == {
        "id": "a",
        "previous": "root",
        "lineage": 3,
        "kind": "message",
        "role": "user",
        "parts": [[0, "text", 3, "Hi."]],
        "progress": 2,
    }


def test_an_entry_of_tomorrow_with_numbers_of_a_database_is_read() -> None:
    (item,) = folded([added("a", "z")]).items.values()
    entry = {
        **to_entry(item),
        "mood": "cheerful",
        "seq": Decimal(0),
        "parts": [[Decimal(0), "text", Decimal(3), "Hi."]],
    }
    assert from_entry(entry) == item
    assert type(from_entry(entry).seq) is int


def test_a_host_that_takes_over_goes_on_counting() -> None:
    first = folded([added("a", None), added("b", "a")])
    second = merge_entries(to_entry(item) for item in first.items.values())
    assert second.seq > max(item.seq for item in first.items.values())


def test_usage_without_details_counts_as_text() -> None:
    usage = {"input_tokens": 7, "output_tokens": 5, "input_token_details": {"cached_tokens": 3}}
    bill = usage_of({"type": "response.done", "response": {"id": "r", "usage": usage}})
    assert bill is not None
    assert (bill.input_text, bill.cached_text, bill.output_text, bill.input_audio) == (7, 3, 5, 0)


def test_cached_tokens_are_text_unless_they_are_told_apart() -> None:
    cached = {"cached_tokens": 10, "cached_tokens_details": {"audio_tokens": 3, "image_tokens": 1}}
    usage = {"input_tokens": 20, "input_token_details": cached}
    bill = usage_of({"type": "response.done", "response": {"id": "r", "usage": usage}})
    assert bill is not None
    assert (bill.cached_text, bill.cached_audio, bill.cached_image) == (6, 3, 1)


def test_an_event_that_bills_nothing_has_no_usage() -> None:
    assert usage_of({"type": "response.done", "response": {"id": "r", "usage": None}}) is None
    assert usage_of({"type": "conversation.item.done"}) is None
