"""Each kind of upstream event adds what it says, and no more."""

from typing import Any

import pytest
from switchboard.domain.transcript import START, Item, Transcript, close, fold, order, settled

from tests.unit.recordings import folded

ADDED = "conversation.item.added"
DONE = "conversation.item.done"
HEARD = "conversation.item.input_audio_transcription"


def message(item_id: str, role: str = "assistant", text: str | None = None, **more: Any) -> dict[str, Any]:
    medium = "input_audio" if role == "user" else "output_audio"
    content = [{"type": medium, "transcript": text}] if role == "user" or text is not None else []
    return {"id": item_id, "type": "message", "role": role, "status": "completed", "content": content, **more}


def added(item: dict[str, Any], previous: str | None = None) -> dict[str, Any]:
    return {"type": ADDED, "previous_item_id": previous, "item": item}


def only(transcript: Transcript) -> Item:
    (item,) = transcript.items.values()
    return item


def transcription(kind: str, **body: Any) -> dict[str, Any]:
    return {"type": f"{HEARD}.{kind}", "item_id": "u", "content_index": 0, **body}


def test_an_empty_transcript_has_no_items() -> None:
    assert not Transcript().items
    assert order(()) == []


def test_speech_is_in_progress_until_it_is_committed() -> None:
    started = {"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 100}
    stopped = {"type": "input_audio_buffer.speech_stopped", "item_id": "u", "audio_end_ms": 900}
    speaking = folded([started, stopped])
    assert (only(speaking).role, only(speaking).status) == ("user", "in_progress")
    assert (only(speaking).audio_start_ms, only(speaking).audio_end_ms) == (100, 900)
    committed = {"type": "input_audio_buffer.committed", "item_id": "u", "previous_item_id": None}
    spoken = only(fold(speaking, committed))
    assert (spoken.previous, spoken.status) == (START, "pending")
    assert not settled(spoken)


def test_a_late_transcript_attaches_to_its_item() -> None:
    transcript = folded([added(message("u", "user")), added(message("a"), "u")])
    assert transcript.items["u"].status == "pending"
    transcript = fold(transcript, transcription("completed", transcript="Hello."))
    assert [item.text for item in order(transcript.items.values())] == ["Hello.", ""]
    assert transcript.items["u"].status == "completed"


def test_a_silent_transcript_is_final_all_the_same() -> None:
    item = only(folded([added(message("u", "user")), transcription("completed", transcript="")]))
    assert (item.text, item.status, settled(item)) == ("", "completed", True)


def test_a_failed_transcription_is_a_visible_item() -> None:
    failure = transcription("failed", error={"type": "server_error", "code": "audio_unintelligible"})
    item = only(folded([added(message("u", "user")), transcription("delta", delta="He"), failure]))
    assert (item.status, item.error, item.text) == ("failed", "audio_unintelligible", "")
    assert settled(item)


@pytest.mark.parametrize("late", [False, True])
def test_a_transcript_outweighs_a_failure(late: bool) -> None:
    events = [transcription("failed", error=None), transcription("completed", transcript="Hello.")]
    item = only(folded([added(message("u", "user")), *(reversed(events) if late else events)]))
    assert (item.status, item.text) == ("completed", "Hello.")


def said(kind: str, **body: Any) -> dict[str, Any]:
    ids = {"response_id": "r", "item_id": "a", "output_index": 0, "content_index": 0}
    return {"type": f"response.{kind}", **ids, **body}


@pytest.mark.parametrize(
    "event",
    [
        said("output_audio_transcript.done", transcript="Hi."),
        said("output_text.done", text="Hi."),
        said("content_part.done", part={"type": "audio", "transcript": "Hi."}),
        said("content_part.done", part={"type": "text", "text": "Hi."}),
    ],
)
def test_final_words_replace_the_draft(event: dict[str, Any]) -> None:
    transcript = folded([said("output_audio_transcript.delta", delta="H", event_id="e1"), event])
    item = only(transcript)
    assert (item.role, item.text, item.response_id, item.output_index) == ("assistant", "Hi.", "r", 0)
    assert item.status == "in_progress"
    assert not transcript.drafts
    assert fold(transcript, said("output_audio_transcript.delta", delta="late")) is transcript


@pytest.mark.parametrize("kind", ["output_audio_transcript.delta", "output_text.delta"])
def test_words_in_the_making_change_no_item(kind: str) -> None:
    first = fold(Transcript(), said(kind, delta="Hel", event_id="e1"))
    second = fold(first, said(kind, delta="lo", event_id="e2"))
    assert second.items is first.items
    assert only(second).text == ""
    assert fold(second, said(kind, delta="lo", event_id="e2")) is second
    assert only(close(second)).text == "Hello"


def test_words_that_never_became_final_stay_and_are_incomplete() -> None:
    transcript = folded([said("output_text.delta", delta="Hel"), transcription("delta", delta="Wai")])
    closed = close(transcript)
    assert {item.id: (item.text, item.status) for item in closed.items.values()} == {
        "a": ("Hel", "incomplete"),
        "u": ("Wai", "incomplete"),
    }
    assert all(settled(item) for item in closed.items.values())
    assert not closed.drafts


def test_speech_that_nobody_transcribed_is_untranscribed_once_the_call_is_over() -> None:
    assert only(close(folded([added(message("u", "user"))]))).status == "untranscribed"


@pytest.mark.parametrize("kind", [DONE, "response.output_item.done", "conversation.item.retrieved"])
def test_a_finished_item_is_complete(kind: str) -> None:
    item = only(fold(Transcript(), {"type": kind, "item": message("a", text="Hi.")}))
    assert (item.text, item.status, settled(item)) == ("Hi.", "completed", True)


@pytest.mark.parametrize("kind", [ADDED, "response.output_item.added"])
def test_an_item_that_was_only_announced_is_in_progress(kind: str) -> None:
    item = only(fold(Transcript(), {"type": kind, "item": message("a", status="in_progress")}))
    assert (item.status, settled(item)) == ("in_progress", False)


def test_words_of_an_unfinished_picture_are_not_final() -> None:
    picture = {
        "type": "conversation.item.retrieved",
        "item": message("a", text="Hello th", status="in_progress"),
    }
    transcript = fold(Transcript(), picture)
    assert (only(transcript).text, settled(only(transcript))) == ("Hello th", False)
    done = fold(transcript, {"type": DONE, "item": message("a", text="Hi.")})
    assert (only(done).text, only(done).status) == ("Hi.", "completed")


def test_what_a_client_writes_is_complete_at_once() -> None:
    written = {
        "id": "u",
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "Hi."}],
    }
    assert only(fold(Transcript(), added(written))).status == "completed"


def test_a_predecessor_beats_the_start() -> None:
    committed = {"type": "input_audio_buffer.committed", "item_id": "u", "previous_item_id": None}
    events = [committed, added(message("u", "user"), "a")]
    assert only(folded(events)).previous == only(folded(reversed(events))).previous == "a"


def test_what_done_says_of_the_predecessor_never_beats_added() -> None:
    done = {"type": DONE, "previous_item_id": "wrong", "item": message("a")}
    for events in ([added(message("a"), "u"), done], [done, added(message("a"), "u")]):
        assert only(folded(events)).previous == "u"
    assert only(fold(Transcript(), done)).previous == "wrong"
    assert only(fold(Transcript(), {**done, "previous_item_id": None})).previous is None


def test_an_interrupted_item_says_how_much_was_heard() -> None:
    cut = {"type": "conversation.item.truncated", "item_id": "a", "content_index": 0, "audio_end_ms": 1200}
    transcript = folded([added(message("a", text="A long story.")), cut, {**cut, "audio_end_ms": 1500}])
    item = only(transcript)
    assert (item.status, item.heard_ms, item.text) == ("interrupted", 1200, "A long story.")


def test_a_deleted_item_keeps_its_words_and_is_marked() -> None:
    transcript = folded(
        [added(message("a", text="Oops.")), {"type": "conversation.item.deleted", "item_id": "a"}]
    )
    assert (only(transcript).deleted, only(transcript).text) == (True, "Oops.")


def test_a_tool_call_is_an_item_with_its_arguments() -> None:
    event = said("function_call_arguments.done", call_id="c", name="f", arguments='{"a":1}')
    item = only(fold(Transcript(), event))
    assert (item.kind, item.name, item.call_id, item.arguments) == ("function_call", "f", "c", '{"a":1}')
    assert item.status == "in_progress"


def test_a_tool_output_is_complete_without_a_status() -> None:
    output = {"id": "o", "type": "function_call_output", "call_id": "c", "output": "foggy"}
    item = only(fold(Transcript(), added(output, "f")))
    assert (item.output, item.status, settled(item)) == ("foggy", "completed", True)


def test_a_failed_mcp_call_is_a_failed_item() -> None:
    call = {
        "id": "m",
        "type": "mcp_call",
        "name": "find",
        "status": "completed",
        "error": {"type": "http_error"},
    }
    item = only(fold(Transcript(), {"type": DONE, "item": call}))
    assert (item.kind, item.status, item.error) == ("mcp_call", "failed", "http_error")


def response_done(status: str, *output: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "response.done", "response": {"id": "r", "status": status, "output": [*output], **more}}


def test_a_response_may_end_with_several_items_and_their_phases() -> None:
    call = {"id": "f", "type": "function_call", "status": "completed", "name": "n", "arguments": "{}"}
    speech = message("a", text="One moment.", phase="commentary")
    items = folded([response_done("completed", speech, call)]).items
    assert (items["a"].phase, items["a"].output_index, items["f"].output_index) == ("commentary", 0, 1)
    assert [item.id for item in order(items.values())] == ["a", "f"]


def test_outputs_of_a_response_follow_each_other_while_nothing_better_is_known() -> None:
    second = {
        "type": "response.output_item.done",
        "response_id": "r",
        "output_index": 1,
        "item": message("b"),
    }
    transcript = folded([second, response_done("completed", message("a"), message("b"))])
    assert [item.id for item in order(transcript.items.values())] == ["a", "b"]
    told = fold(transcript, added(message("b"), "u"))
    assert told.items["b"].previous == "u"


def test_a_response_that_lists_an_item_twice_tells_it_once() -> None:
    transcript = fold(Transcript(), response_done("completed", message("a", text="Hi."), message("a")))
    assert (only(transcript).text, only(transcript).previous) == ("Hi.", None)


@pytest.mark.parametrize("status", ["cancelled", "incomplete", "failed"])
@pytest.mark.parametrize("late", [False, True])
def test_items_of_a_response_that_broke_off_are_incomplete(status: str, late: bool) -> None:
    announced = {
        "type": "response.output_item.added",
        "response_id": "r",
        "item": {"id": "a", "type": "message"},
    }
    events = [announced, response_done(status)]
    item = only(folded(reversed(events) if late else events))
    assert (item.status, settled(item)) == ("incomplete", True)


def test_an_item_that_was_complete_before_its_response_broke_off_stays_complete() -> None:
    done = {"type": "response.output_item.done", "response_id": "r", "item": message("a", text="Hi.")}
    transcript = folded([done, response_done("cancelled", message("a", text="Hi."))])
    assert only(transcript).status == "completed"


def test_the_output_of_a_response_outside_the_conversation_is_no_line_of_it() -> None:
    aside = response_done(
        "completed", message("x", text="A"), conversation_id=None, output_modalities=["text"]
    )
    assert order(fold(Transcript(), aside).items.values()) == []
    heard = response_done(
        "completed", message("x", text="A"), conversation_id=None, output_modalities=["audio"]
    )
    assert [item.text for item in order(fold(Transcript(), heard).items.values())] == ["A"]


@pytest.mark.parametrize(
    "kind",
    [
        "session.updated",
        "response.created",
        "response.output_audio.delta",
        "response.function_call_arguments.delta",
        "rate_limits.updated",
        "output_audio_buffer.started",
        "error",
        "something.new",
    ],
)
def test_an_event_without_words_changes_nothing(kind: str) -> None:
    transcript = folded([added(message("a", text="Hi."))])
    assert fold(transcript, {"type": kind, "item_id": "a", "delta": "x"}) is transcript
