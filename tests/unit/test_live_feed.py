"""What a viewer is sent: each settled item once, in its place, and on from any event's id."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchboard.domain.errors import InvalidRequest
from switchboard.domain.live import Feed, Position, Shown

from tests.unit.live_world import Book, Viewer, replay, show
from tests.unit.sideband_events import appeared, committed, heard, reply, transcribed

LONG = "word " * 60


def ids(events: Iterable[Shown]) -> list[str]:
    return [shown.item.id for shown in events]


def test_an_item_is_sent_once_it_is_settled_and_only_once() -> None:
    book, feed = Book(), Feed(show, Position(), "v")
    book.say(committed("u1", None), appeared("a1", "u1"))
    [page] = book.read()
    assert list(feed.take(1, (1, page.revision), page.entries)) == []
    book.say(transcribed("u1", "Hello."))
    [page] = book.read()
    [shown] = feed.take(1, (1, page.revision), page.entries)
    assert (shown.item.text, shown.previous) == ("Hello.", None)
    assert list(feed.take(1, (1, page.revision), page.entries)) == []


def test_late_words_go_before_the_answer_that_was_sent_already() -> None:
    book, viewer, feed = Book(), Viewer(), Feed(show, Position(), "v")
    for event in (committed("u1", None), *reply("a1", "u1", "Hi!"), transcribed("u1", "Hello.")):
        book.say(event)
        for page in book.read():
            viewer.look(feed.take(1, (page.number, page.revision), page.entries))
    assert ids(viewer.got) == ["a1", "u1"]
    assert [item.id for item in viewer.items] == ["u1", "a1"]


def test_a_correction_comes_as_the_same_item_again() -> None:
    book, viewer = Book(), Viewer()
    book.say(*heard("u1", None, "Hello."), *reply("a1", "u1", "One, two, three."))
    viewer.look(replay(book.read()))
    truncated = {
        "type": "conversation.item.truncated",
        "item_id": "a1",
        "content_index": 0,
        "audio_end_ms": 9,
    }
    book.say(truncated)
    viewer.look(replay(book.read(), viewer.id))
    assert ids(viewer.got) == ["u1", "a1", "a1"]
    assert viewer.got[-1].item.interrupted
    assert viewer.got[-1].previous == "u1"


def test_a_gap_at_the_end_waits_for_what_shows_that_it_is_one() -> None:
    book = Book().say(*heard("u1", None, "Hello.")).tear("gap_1")
    assert ids(replay(book.read())) == ["u1"]
    assert ids(replay(book.read(), closed=True)) == ["u1", "gap_1"]
    book.say(*reply("a9", "a8", "Anyway."))
    assert "gap_1" in ids(replay(book.read()))


def test_a_gap_that_was_none_is_taken_back() -> None:
    book, viewer, feed = Book(), Viewer(), Feed(show, Position(), "v")
    book.say(*heard("u1", None, "Hello.")).tear("gap_1").say(*reply("a2", "a1", "Two."))
    for page in book.read():
        viewer.look(feed.take(1, (page.number, page.revision), page.entries))
    assert any("gap_1" in text for text in viewer.seen())
    book.say(*reply("a1", "u1", "One."))
    for page in book.read():
        viewer.look(feed.take(1, (page.number, page.revision), page.entries))
    assert viewer.seen() == book.said()


def test_the_words_of_a_call_that_is_over_are_sent_as_they_are() -> None:
    book = Book().say(committed("u1", None))
    assert replay(book.read()) == []
    assert ids(replay(book.read(), closed=True)) == ["u1"]


def test_two_calls_have_places_of_their_own_and_the_id_names_those_that_go_on() -> None:
    first, second = (Book().say(*heard("u1", None, words)) for words in ("One.", "Two."))
    feed = Feed(show, Position(), "v")
    got = []
    for generation, book in ((2, first), (3, second)):
        for page in book.read():
            got += list(feed.take(generation, (page.number, page.revision), page.entries))
    assert [(shown.generation, shown.previous) for shown in got] == [(2, None), (3, None)]
    assert got[-1].id.startswith("v:2.1.")
    assert "~3.1." in got[-1].id
    assert list(feed.close(2)) == []
    assert feed.id().startswith("v:3.1.")


def test_a_call_that_no_id_names_any_more_was_complete() -> None:
    book = Book().say(*heard("u1", None, "One."))
    [page] = book.read()
    feed = Feed(show, Position.of("v:3.1."), "w")
    assert list(feed.take(2, (1, page.revision), page.entries)) == []
    assert list(feed.close(2)) == []
    [page] = Book().say(*heard("u2", None, "Two.")).read()
    assert ids(feed.take(3, (1, page.revision), page.entries)) == ["u2"]


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "1",
        "v:1",
        "v:1.2",
        "1.2.",
        "v:1.2.abc",
        "end",
        "v:1.1.abcdef~",
        "v:" + "9" * 10 + ".1.",
        "v:1.1.éééééé",
        "v:1.1.\n",
    ],
)
def test_an_id_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        Position.of(text)


def test_an_id_of_a_page_that_is_not_there_does_not_fit() -> None:
    feed = Feed(show, Position.of("v:1.2."), "w")
    [page] = Book().say(*heard("u1", None, "One.")).read()
    list(feed.take(1, (1, page.revision), page.entries))
    assert not feed.fits()


steps = st.lists(
    st.tuples(st.sampled_from(["user", "late", "reply", "cut", "drop", "tear", "turn"]), st.booleans()),
    max_size=25,
)


@settings(deadline=None)  # the machine may be busy with something else
@given(steps, st.lists(st.integers(0, 5), max_size=25))
def test_however_often_the_line_breaks_a_viewer_ends_with_the_transcript(
    story: list[tuple[str, bool]], cuts: list[int]
) -> None:
    book, viewer = Book(), Viewer()
    late: list[str] = []
    last: str | None = None
    remaining = iter(cuts)
    for number, (what, long) in enumerate(story):
        name, words = f"i{number}", LONG if long else "Yes."
        if what == "user":
            book.say(*heard(name, last, words))
            last = name
        elif what == "late":
            book.say(committed(name, last))
            late.append(name)
            last = name
        elif what == "reply":
            book.say(*reply(name, last, words))
            last = name
            if late:
                book.say(transcribed(late.pop(), words))
        elif what == "cut" and last:
            book.say({"type": "conversation.item.truncated", "item_id": last, "audio_end_ms": number})
        elif what == "drop" and last:
            book.say({"type": "conversation.item.deleted", "item_id": last})
        elif what == "tear":
            book.tear(f"gap_{number}")
        elif what == "turn":
            book.turn()
        viewer.look(replay(book.read(), viewer.id)[: next(remaining, 99)])
    book.close()
    viewer.look(replay(book.read(), viewer.id, closed=True))
    assert viewer.seen() == [text for text in book.said() if ", True, " not in text]


@settings(deadline=None)  # the machine may be busy with something else
@given(st.lists(st.integers(1, 4), max_size=40))
def test_nothing_comes_twice_however_often_the_line_breaks(cuts: list[int]) -> None:
    book, viewer = Book(), Viewer()
    last = None
    for number in range(12):
        book.say(*heard(f"u{number}", last, LONG), *reply(f"a{number}", f"u{number}", "Yes."))
        last = f"a{number}"
    for cut in cuts:
        viewer.look(replay(book.read(), viewer.id)[:cut])
    viewer.look(replay(book.read(), viewer.id))
    assert ids(viewer.got) == [f"{who}{number}" for number in range(12) for who in "ua"]


def test_what_a_browser_tells_a_later_call_again_is_not_sent_again() -> None:
    first = Book().say(*heard("u1", None, "One."), *reply("a1", "u1", "Two."))
    second = Book().say(*heard("u1", None, "One."), *reply("a1", "u1", "Two!"), *reply("a2", "a1", "Three."))
    feed = Feed(show, Position(), "v")
    got = []
    for generation, book in ((2, first), (3, second)):
        for page in book.read():
            got += list(feed.take(generation, (page.number, page.revision), page.entries))
    assert [(shown.generation, shown.item.id) for shown in got] == [
        (2, "u1"),
        (2, "a1"),
        (3, "a1"),
        (3, "a2"),
    ]
    assert got[2].previous is None


def test_a_repeat_that_turns_out_to_be_one_is_taken_back() -> None:
    feed = Feed(show, Position(), "v")
    [first] = Book().say(*heard("u1", None, "One.")).read()
    assert ids(feed.take(3, (1, first.revision), first.entries)) == ["u1"]
    [taken_back] = [each for each in feed.take(2, (1, first.revision), first.entries) if each.generation == 3]
    assert taken_back.item.deleted
