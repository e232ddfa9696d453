"""A call's transcript takes a bounded room, and says so when something did not fit."""

from typing import Any

from switchboard.domain.transcript import Item, Transcript, close, fold
from switchboard.domain.transcript.limits import DRAFTS_MAX, ID_MAX, ITEMS_MAX, PARTS_MAX, TEXT_MAX

from tests.unit.recordings import folded


def added(item_id: str, content: list[Any] | None = None) -> dict[str, Any]:
    item = {"id": item_id, "type": "message", "role": "user", "content": content or []}
    return {"type": "conversation.item.added", "previous_item_id": None, "item": item}


def written(kind: str, **body: Any) -> dict[str, Any]:
    ids = {"response_id": "r", "item_id": "a", "output_index": 0, "content_index": 0}
    return {"type": f"response.output_text.{kind}", **ids, **body}


def only(transcript: Transcript) -> Item:
    (item,) = transcript.items.values()
    return item


def test_what_is_too_long_for_an_id_is_none() -> None:
    assert fold(Transcript(), added("a" * (ID_MAX + 1))) == Transcript()


def test_long_words_are_cut_and_say_so() -> None:
    item = only(fold(Transcript(), written("done", text="x" * (TEXT_MAX + 1))))
    assert (len(item.text), item.clipped) == (TEXT_MAX, True)
    endless = folded(written("delta", delta="x" * TEXT_MAX, event_id=f"e{n}") for n in range(3))
    assert len(only(close(endless)).text) == TEXT_MAX


def test_an_item_has_a_few_parts_at_most() -> None:
    content = [{"type": "input_text", "text": str(number)} for number in range(PARTS_MAX + 1)]
    item = only(fold(Transcript(), added("u", content)))
    assert (item.text, item.clipped) == ("0\n1\n2\n3", True)
    assert fold(Transcript(), written("done", text="x", content_index=PARTS_MAX)) == Transcript()


def test_items_beyond_the_bound_are_refused_and_counted() -> None:
    items = {str(number): Item(id=str(number)) for number in range(ITEMS_MAX)}
    full = Transcript(items=items)
    beyond = fold(full, added("a"))
    assert (len(beyond.items), beyond.refused) == (ITEMS_MAX, 1)
    assert fold(beyond, written("done", text="Hi.", item_id="7")).items["7"].text == "Hi."


def test_drafts_beyond_the_bound_are_not_begun() -> None:
    deltas = [written("delta", delta="x", item_id=str(n)) for n in range(DRAFTS_MAX + 1)]
    assert len(folded(deltas).drafts) == DRAFTS_MAX


def response_done(*names: str) -> dict[str, Any]:
    output = [{"id": name, "type": "function_call_output", "output": "x" * (TEXT_MAX + 1)} for name in names]
    return {"type": "response.done", "response": {"id": "r", "status": "completed", "output": output}}


def test_the_bound_holds_within_one_event() -> None:
    nearly = Transcript(items={str(number): Item(id=str(number)) for number in range(ITEMS_MAX - 1)})
    full = fold(nearly, response_done("a", "b"))
    assert (len(full.items), full.refused) == (ITEMS_MAX, 1)


def test_a_long_output_is_cut_and_says_so() -> None:
    item = only(fold(Transcript(), response_done("a")))
    assert (len(item.output), item.clipped) == (TEXT_MAX, True)
