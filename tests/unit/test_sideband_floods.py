"""However much the upstream sends, and of what, a call takes a bounded room, and goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import orjson
import pytest
from sideband import limits
from sideband.conversation import Conversation
from sideband.journal import Journal
from switchboard.domain.transcript import Transcript
from switchboard.domain.transcript.limits import (
    BROKEN_MAX,
    CROWD,
    DRAFTS_MAX,
    FORGOTTEN_MAX,
    ITEMS_MAX,
    SENTENCES,
    TEXT_MAX,
    WORDS_MAX,
)

from tests.unit.sideband_events import Event, appeared, committed, delta, done

ROOM = WORDS_MAX + (CROWD + 2) * 6 * TEXT_MAX + ITEMS_MAX * SENTENCES + DRAFTS_MAX * TEXT_MAX
"""Characters that one call may hold: its words, those of a few long items, many short ones, and drafts."""
LONG = "x" * TEXT_MAX
ROW_BYTES = 400 * 1024


def held(conversation: Conversation) -> int:
    """Return how many characters of words are in memory."""
    transcript = conversation.journal.transcript
    items = sum(len(item.text) + len(item.arguments) + len(item.output) for item in transcript.items.values())
    return items + sum(len(draft.text) for draft in transcript.drafts.values())


def flood(events: Iterator[Event], most: int, *, writes: bool = False) -> Conversation:
    """Let a call hear so many events; with `writes` the table takes what there is, every now and then."""
    conversation = Conversation(Journal(Transcript(), 1), None)
    conversation.opened(0.0)
    for number, event in zip(range(most), events, strict=False):
        conversation.take(orjson.dumps(event), number / 50)
        if writes and number % 40 == 0:
            write_all(conversation)
    return conversation


def write_all(conversation: Conversation) -> None:
    while write := conversation.journal.next_write():
        assert write.size <= max(limits.PAGE_BYTES, ROW_BYTES)
        conversation.journal.written(write)


def in_bounds(conversation: Conversation) -> None:
    transcript = conversation.journal.transcript
    assert held(conversation) <= ROOM
    assert len(transcript.items) <= ITEMS_MAX
    assert len(transcript.drafts) <= DRAFTS_MAX
    assert len(transcript.forgotten) <= FORGOTTEN_MAX
    assert len(transcript.broken) <= BROKEN_MAX
    assert len(conversation._retrievals) <= limits.RETRIEVALS
    assert len(conversation.journal._since) <= ITEMS_MAX


def said_in_parts(number: int) -> Event:
    part = {"type": "audio", "transcript": LONG}
    ids = {"response_id": "r", "item_id": f"item_{number // 4}", "content_index": number % 4}
    return {"type": "response.content_part.done", "output_index": 0, "part": part, **ids}


def cancelled(number: int) -> Event:
    return {
        "type": "response.done",
        "response": {"id": f"resp_{number}", "status": "cancelled", "output": []},
    }


def answered(number: int) -> Event:
    output = {"id": f"item_{number}", "type": "function_call_output", "call_id": "c", "output": LONG + LONG}
    return {"type": "conversation.item.added", "previous_item_id": f"x_{number}", "item": output}


FLOODS: dict[str, tuple[Callable[[int], Event], int]] = {
    "deltas for one item": (lambda n: delta("item_1", f"word {n} "), 200_000),
    "deltas for ever new items": (lambda n: delta(f"item_{n}", "word " * 50), 3_000),
    "items that are never finished": (lambda n: appeared(f"item_{n}", f"item_{n - 1}"), 2_600),
    "utterances that nobody transcribes": (lambda n: committed(f"item_{n}", f"item_{n - 1}"), 2_600),
    "long words of items that are never finished": (said_in_parts, 3_000),
    "long words of finished items": (answered, 600),
    "ever new predecessors": (lambda n: done(f"item_{n}", f"unknown_{n}", "Hi."), 2_600),
    "ever new responses that break off": (cancelled, 2_000),
}


@pytest.mark.parametrize("name", FLOODS)
@pytest.mark.parametrize("writes", [False, True], ids=["the table refuses", "the table takes"])
def test_no_flood_takes_more_than_its_room(name: str, writes: bool) -> None:
    make, most = FLOODS[name]
    conversation = flood(map(make, count()), most, writes=writes)
    in_bounds(conversation)
    conversation.close(1e6)
    write_all(conversation)


def test_a_call_goes_on_behind_items_that_were_never_finished() -> None:
    conversation = flood((appeared(f"item_{n}", None) for n in range(ITEMS_MAX - 1)), ITEMS_MAX)
    for event in (appeared("last", "item_1"), done("last", "item_1", "Still here.")):
        conversation.take(orjson.dumps(event), 1.0)
    assert conversation.journal.transcript.items["last"].text == "Still here."
    conversation.take(orjson.dumps(appeared("beyond", "last")), 1.0)
    assert conversation.journal.transcript.refused > 0


def test_words_for_which_there_is_no_room_are_said_to_be_cut() -> None:
    conversation = flood(map(said_in_parts, count()), 2_000)
    items = conversation.journal.transcript.items.values()
    assert {len(item.text) > 0 for item in items if not item.clipped} == {True}
    assert [item for item in items if item.clipped and not item.text]
    assert conversation.journal.transcript.refused > 0


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\U0001f600", '"', "\\", "\n", "ö"])
def test_the_longest_item_fits_in_a_row_whatever_it_is_made_of(character: str) -> None:
    words = character * (2 * TEXT_MAX)
    content = [{"type": "output_text", "text": words}] * 9
    item: dict[str, Any] = {"id": "item_1", "type": "mcp_call", "name": "n", "content": content}
    item |= {"status": "completed", "arguments": words, "output": words}
    conversation = flood(
        iter([{"type": "conversation.item.done", "previous_item_id": None, "item": item}]), 1
    )
    write = conversation.journal.next_write()
    assert write
    [entry] = write.entries.values()
    assert 6 * TEXT_MAX <= len(orjson.dumps(entry)) < ROW_BYTES
