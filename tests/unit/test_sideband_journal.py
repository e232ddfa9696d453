"""What a journal writes, in which pages, and what it keeps in memory."""

from __future__ import annotations

import orjson
from sideband import limits
from sideband.journal import Journal, Progress
from switchboard.domain.ports.transcripts import TranscriptPage
from switchboard.domain.transcript import Transcript, merge_entries, order

from tests.unit.sideband_events import Event, appeared, delta, done, heard, reply


def fresh() -> Journal:
    return Journal(Transcript(), 1)


def fold(journal: Journal, *events: Event, now: float = 0.0) -> list[Progress]:
    return [journal.fold(event, now) for event in events]


def write_all(journal: Journal) -> dict[int, list[Event]]:
    """Write until nothing is left; the pages by number."""
    pages = {}
    while (write := journal.next_write()) is not None:
        pages[write.number] = list(write.entries.values())
        journal.written(write)
    return pages


def told(pages: dict[int, list[Event]]) -> list[str]:
    return [item.text for item in order(merge_entries(e for p in pages.values() for e in p).items.values())]


def talk(turns: int) -> list[Event]:
    events: list[Event] = []
    for turn in range(turns):
        before = f"a{turn - 1}" if turn else None
        events += [
            *heard(f"u{turn}", before, f"Question {turn}?"),
            *reply(f"a{turn}", f"u{turn}", f"Yes {turn}."),
        ]
    return events


def test_events_appear_settle_or_change_nothing() -> None:
    journal = fresh()
    assert fold(
        journal, appeared("a", None), delta("a", "Hel"), done("a", None, "Hello."), done("a", None, "Hello.")
    ) == [
        Progress.APPEARED,
        Progress.NOTHING,
        Progress.SETTLED,
        Progress.NOTHING,
    ]


def test_pages_take_a_kilobyte_each_and_together_tell_everything() -> None:
    journal = fresh()
    fold(journal, *talk(40))
    pages = write_all(journal)
    assert sorted(pages) == list(range(1, len(pages) + 1))
    assert all(len(orjson.dumps(entries)) <= limits.PAGE_BYTES + 2 for entries in pages.values())
    assert told(pages) == [text for turn in range(40) for text in (f"Question {turn}?", f"Yes {turn}.")]


def test_the_tail_page_is_rewritten_until_it_is_full() -> None:
    journal = fresh()
    fold(journal, *heard("u", None, "Hello?"))
    first = write_all(journal)
    fold(journal, *reply("a", "u", "Hello."))
    second = write_all(journal)
    assert (list(first), list(second)) == ([1], [1])
    assert told(second) == ["Hello?", "Hello."]


def test_an_item_that_changes_takes_the_place_of_its_older_version() -> None:
    journal = fresh()
    fold(journal, appeared("a", None))
    assert len(write_all(journal)[1]) == 1
    fold(journal, done("a", None, "Hello."))
    assert [entry["id"] for entry in write_all(journal)[1]] == ["a"]


def test_words_longer_than_a_page_get_one_of_their_own() -> None:
    journal = fresh()
    fold(journal, *heard("u", None, "Tell me all."), *reply("a", "u", "So long " * 500))
    pages = write_all(journal)
    assert [len(entries) for entries in pages.values()] == [1, 1]
    assert told(pages)[1] == "So long " * 500


def test_every_attempt_has_a_higher_revision_than_the_one_before() -> None:
    journal = fresh()
    fold(journal, *heard("u", None, "Hello?"))
    failed, again = journal.next_write(), journal.next_write()
    assert failed is not None
    assert again is not None
    assert (failed.number, again.number) == (1, 1)
    assert again.revision > failed.revision


def test_what_changed_during_a_write_is_written_next() -> None:
    journal = fresh()
    fold(journal, appeared("a", None))
    write = journal.next_write()
    fold(journal, done("a", None, "Hello."))
    assert write is not None
    journal.written(write)
    assert told(write_all(journal)) == ["Hello."]
    assert not journal.unsaved()


def test_memory_holds_no_more_than_the_last_few_items() -> None:
    journal = fresh()
    for event in talk(300):
        journal.fold(event, 0.0)
        write_all(journal)
    assert len(journal.transcript.items) <= 2


def test_a_journal_goes_on_where_the_pages_of_another_host_end() -> None:
    before = fresh()
    fold(before, *talk(2), appeared("a2", "a1"))
    pages = write_all(before)
    stored = [TranscriptPage(number, 1, 9, tuple(entries)) for number, entries in pages.items()]
    after = Journal.of_pages(stored, len(pages) + 1)
    assert after.missing(unsettled=True) == ("a2",)
    assert not after.unsaved()
    fold(after, done("a2", "a1", "Good."))
    more = write_all(after)
    assert min(more) == len(pages) + 1
    assert told(pages | more)[-1] == "Good."


def test_the_lag_of_an_item_begins_with_its_last_event() -> None:
    journal = fresh()
    journal.fold(appeared("a", None), 1.0)
    journal.fold(done("a", None, "Hello."), 5.0)
    write = journal.next_write()
    assert write is not None
    assert journal.written(write) == [5.0]


def test_the_lag_of_an_item_that_changed_during_the_write_is_told_by_the_next() -> None:
    journal = fresh()
    journal.fold(done("a", None, "Hello."), 5.0)
    write = journal.next_write()
    journal.fold(appeared("a", None), 6.0)
    assert write is not None
    assert journal.written(write) == []
    again = journal.next_write()
    assert again is not None
    assert journal.written(again) == [5.0]


def test_the_end_of_a_call_keeps_the_words_heard_so_far() -> None:
    journal = fresh()
    fold(journal, appeared("a", None), delta("a", "Hel"), delta("a", "lo"))
    journal.close(0.0)
    pages = write_all(journal)
    assert told(pages) == ["Hello"]
    assert [item.status for item in merge_entries(pages[1]).items.values()] == ["incomplete"]


def test_when_memory_is_full_the_oldest_words_are_lost_and_said_to_be() -> None:
    journal = fresh()
    long = "x" * 10_000
    before = None
    for number in range(60):
        fold(journal, *reply(f"a{number}", before, long))
        before = f"a{number}"
    assert journal.shed() > 0
    assert journal.shed() == 0
    items = order(merge_entries(e for p in write_all(journal).values() for e in p).items.values())
    assert [item.id for item in items] == [f"a{number}" for number in range(60)]
    assert (items[0].status, items[0].text) == ("lost", "")
    assert (items[-1].status, items[-1].text) == ("completed", long)
    assert [item.previous for item in items[:2]] == ["root", "a0"]
    assert sum(len(item.text) for item in items) <= limits.UNSAVED_BYTES


def test_an_interruption_leaves_the_words_that_its_page_has_already() -> None:
    truncated: Event = {"type": "conversation.item.truncated", "item_id": "a1", "audio_end_ms": 900}
    deleted: Event = {"type": "conversation.item.deleted", "item_id": "a1"}
    journal = Journal(Transcript(), 1)
    entries: list[dict[str, object]] = []
    for event in (*reply("a1", None, "One, two, three."), truncated, deleted):
        journal.fold(event, 0.0)
        write = journal.next_write()
        if write is not None:
            journal.written(write)
            entries = list(write.entries.values())
    [item] = merge_entries(entries).items.values()
    assert (item.text, item.heard_ms, item.interrupted, item.deleted) == ("One, two, three.", 900, True, True)
