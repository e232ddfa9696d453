"""The transcript comes in pages, in order, and what changes meanwhile shifts none of them."""

import pytest
from pydantic import ValidationError
from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest, NotFound
from switchboard.usecases.get_transcript import GetTranscript, TranscriptAnswer, get_transcript

from tests.unit.fakes import World
from tests.unit.given import (
    ANN,
    BOB,
    NOBODYS_ID,
    SESSION_ID,
    ended_session,
    open_session,
    said,
    talk,
    write_talk,
)

WORDS = [f"word {n}" for n in range(7)]


def get(world: World, **query: str) -> TranscriptAnswer:
    request = GetTranscript.model_validate({"sessionId": SESSION_ID, **query})
    return get_transcript(request, ANN, world)


def read_all(world: World, limit: int) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        page = get(world, limit=str(limit), **({"cursor": cursor} if cursor else {}))
        pages.append([item.item_id for item in page.items])
        cursor = page.cursor
        if cursor is None:
            return pages


def test_nothing_said_is_an_empty_page(world: World) -> None:
    open_session(world)
    answer = get(world)
    assert (answer.items, answer.cursor, answer.status) == ([], None, "open")


def test_items_tell_who_said_what_and_how_sure_that_is(world: World) -> None:
    ended_session(world)
    write_talk(world, talk("Hello.", "Hi."))
    answer = get(world)
    assert [(item.role, item.text, item.status, item.generation) for item in answer.items] == [
        ("user", "Hello.", "completed", 2),
        ("assistant", "Hi.", "completed", 2),
    ]
    assert {item.source for item in answer.items} == {"sideband"}
    assert (answer.cursor, answer.status) == (None, "ended")


def test_what_is_not_known_is_null(world: World) -> None:
    open_session(world)
    write_talk(world, talk("Hello."))
    [item] = get(world).items
    assert (item.name, item.arguments, item.output, item.heard_ms) == (None, None, None, None)


def test_deleted_items_are_there_and_marked(world: World) -> None:
    open_session(world)
    write_talk(world, [said("item_0", "Oh.", deleted=True)])
    [item] = get(world).items
    assert item.deleted


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_the_pages_together_are_the_transcript(world: World, limit: int) -> None:
    open_session(world)
    write_talk(world, talk(*WORDS))
    pages = read_all(world, limit)
    assert [item for page in pages for item in page] == [f"item_{n}" for n in range(7)]
    assert all(len(page) <= limit for page in pages)
    assert pages[-1]


def test_pages_run_on_from_call_to_call_even_if_item_ids_repeat(world: World) -> None:
    open_session(world)
    write_talk(world, talk("Hello.", "Hi."), generation=2)
    write_talk(world, talk("Again.", "Welcome."), generation=4)
    assert read_all(world, 1) == [["item_0"], ["item_1"], ["item_0"], ["item_1"]]


def test_what_arrives_between_two_pages_shifts_neither(world: World) -> None:
    open_session(world)
    write_talk(world, talk(*WORDS[:4]))
    first = get(world, limit="2")
    assert first.cursor
    settled = talk(*WORDS)
    settled[0] = said("item_0", "word 0, corrected")
    write_talk(world, settled, revision=2)
    second = get(world, limit="2", cursor=first.cursor)
    assert [item.item_id for item in second.items] == ["item_2", "item_3"]


@pytest.mark.parametrize("cursor", ["x", "2.item_9", "3.item_0", ".", "2.", "9" * 500])
def test_a_cursor_that_is_not_ours_is_refused(world: World, cursor: str) -> None:
    open_session(world)
    write_talk(world, talk("Hello."))
    with pytest.raises(InvalidRequest):
        get(world, cursor=cursor)


@pytest.mark.parametrize(
    "limit", ["0", "-1", "1.5", "x", "", " 1", "²", "1e2", "9" * 5000, str(limits.PAGE_MAX + 1)]
)
def test_a_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(ValidationError) as caught:
        GetTranscript.model_validate({"sessionId": SESSION_ID, "limit": limit})
    assert "invalid literal" not in str(caught.value)


@pytest.mark.parametrize("session_id", [SESSION_ID, NOBODYS_ID])
def test_anothers_session_looks_like_no_session(world: World, session_id: str) -> None:
    open_session(world)
    write_talk(world, talk("Hello."))
    with pytest.raises(NotFound) as caught:
        get_transcript(GetTranscript.model_validate({"sessionId": session_id}), BOB, world)
    assert caught.value.message == "There is no such session."
