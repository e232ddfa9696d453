"""The contract of transcripts: pages in order, nothing lost, and late writers kept out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from switchboard.domain.call import Lease
from switchboard.domain.errors import LeaseLost, SessionChanged
from switchboard.domain.ports.transcripts import TranscriptPage

from tests.contract.fencing import Fencing
from tests.contract.stores import Dynamo, Memory, Stores, Time

SESSION = "sess_1"
ONE = Lease(SESSION, 2, "rtc_1", "host_1", 1)
TWO = replace(ONE, host="host_2", number=2)
THREE = replace(ONE, host="host_3", number=3)


def entries(*words: str) -> tuple[dict[str, Any], ...]:
    return tuple({"id": word, "seq": 1, "parts": [[0, "text", 3, f"{word} 🙂"]]} for word in words)


def pages(stores: Stores) -> tuple[TranscriptPage, ...]:
    return stores.transcripts.pages(SESSION, 2)


def test_nothing_written_is_no_page(stores: Stores) -> None:
    assert pages(stores) == ()
    assert stores.transcripts.read(SESSION) == ()


def test_a_page_comes_back_as_it_went(stores: Stores) -> None:
    stores.transcripts.write(ONE, 1, 1, entries("a", "b"))
    assert pages(stores) == (TranscriptPage(1, 1, 1, entries("a", "b")),)


def test_long_words_come_back_as_they_went(stores: Stores) -> None:
    long = entries(" ".join(f"word {number} 🙂" for number in range(2000)))
    stores.transcripts.write(ONE, 1, 1, long)
    assert pages(stores)[0].entries == long
    assert stores.transcripts.read(SESSION)[0][1][0].entries == long


def test_a_page_is_rewritten_whole(stores: Stores) -> None:
    stores.transcripts.write(ONE, 1, 1, entries("a"))
    stores.transcripts.write(ONE, 1, 2, entries("a", "b"))
    assert pages(stores) == (TranscriptPage(1, 1, 2, entries("a", "b")),)


def test_all_calls_of_a_session_are_read_in_order(stores: Stores) -> None:
    for generation in (11, 2):
        for number in (2, 10, 1):
            lease = replace(ONE, generation=generation)
            stores.transcripts.write(lease, number, 1, entries(f"{generation}.{number}"))
    stores.transcripts.write(replace(ONE, session_id="sess_2"), 1, 1, entries("x"))
    read = stores.transcripts.read(SESSION)
    assert [(generation, [page.number for page in found]) for generation, found in read] == [
        (2, [1, 2, 10]),
        (11, [1, 2, 10]),
    ]


@pytest.mark.parametrize("revision", [1, 2])
def test_a_repeat_or_a_late_older_write_changes_nothing(stores: Stores, revision: int) -> None:
    stores.transcripts.write(ONE, 1, 2, entries("a", "b"))
    stores.transcripts.write(ONE, 1, revision, entries("a"))
    assert pages(stores) == (TranscriptPage(1, 1, 2, entries("a", "b")),)


def test_a_takeover_opens_the_page_behind_the_last(stores: Stores) -> None:
    stores.transcripts.write(ONE, 1, 1, entries("a"))
    assert stores.transcripts.seal(TWO, 1) == 2
    assert pages(stores) == (TranscriptPage(1, 2, 1, entries("a")), TranscriptPage(2, 2, 0, ()))
    stores.transcripts.write(TWO, 2, 1, entries("b"))
    assert pages(stores)[1] == TranscriptPage(2, 2, 1, entries("b"))


@pytest.mark.parametrize("number", [1, 2])
def test_after_a_takeover_the_old_host_can_write_neither_on_nor_behind_its_last_page(
    stores: Stores, number: int
) -> None:
    stores.transcripts.write(ONE, 1, 1, entries("a"))
    stores.transcripts.seal(TWO, 1)
    before = pages(stores)
    with pytest.raises(LeaseLost):
        stores.transcripts.write(ONE, number, 9, entries("late"))
    assert pages(stores) == before


def test_a_host_that_never_wrote_cannot_begin_after_a_takeover(stores: Stores) -> None:
    assert stores.transcripts.seal(TWO, 0) == 1
    with pytest.raises(LeaseLost):
        stores.transcripts.write(ONE, 1, 1, entries("late"))
    assert pages(stores) == (TranscriptPage(1, 2, 0, ()),)


def test_a_seal_over_pages_that_have_grown_asks_to_read_again(stores: Stores) -> None:
    stores.transcripts.write(ONE, 1, 1, entries("a"))
    stores.transcripts.write(ONE, 2, 2, entries("b"))
    for after in (0, 1):
        with pytest.raises(SessionChanged):
            stores.transcripts.seal(TWO, after)
    assert stores.transcripts.seal(TWO, 2) == 3


def test_of_two_takeovers_the_newer_wins_whoever_comes_first(stores: Stores) -> None:
    stores.transcripts.write(ONE, 1, 1, entries("a"))
    stores.transcripts.seal(THREE, 1)
    with pytest.raises(LeaseLost):
        stores.transcripts.seal(TWO, 1)
    with pytest.raises(LeaseLost):
        stores.transcripts.seal(TWO, 2)
    with pytest.raises(LeaseLost):
        stores.transcripts.write(TWO, 2, 1, entries("late"))


def test_a_seal_over_a_page_that_is_not_there_is_refused(stores: Stores) -> None:
    with pytest.raises(LeaseLost):
        stores.transcripts.seal(TWO, 5)
    assert pages(stores) == ()


def test_a_seal_whose_answer_was_lost_is_made_good_by_reading_again(stores: Stores) -> None:
    stores.transcripts.write(ONE, 1, 1, entries("a"))
    stores.transcripts.seal(TWO, 1)
    with pytest.raises(SessionChanged):
        stores.transcripts.seal(TWO, 1)
    assert stores.transcripts.seal(TWO, 2) == 3


def test_what_is_kept_cannot_be_changed_from_outside(stores: Stores) -> None:
    [mine] = entries("a")
    stores.transcripts.write(ONE, 1, 1, [mine])
    mine["id"] = "b"
    assert pages(stores)[0].entries == entries("a")


class Meddler:
    """A client in whose next `put_item` something else happens first."""

    def __init__(self, client: Any, meddle: Callable[[], None]) -> None:
        self._client = client
        self._meddle: Callable[[], None] | None = meddle

    def __getattr__(self, name: str) -> Any:
        if name == "put_item" and self._meddle:
            meddle, self._meddle = self._meddle, None
            meddle()
        return getattr(self._client, name)


def sealed_around(tables: Dynamo, meddle: Callable[[], None]) -> None:
    """Seal page 1 for lease 2, and between its two requests let that happen."""
    clients = replace(tables.clients, dynamodb=Meddler(tables.clients.dynamodb, meddle))
    Dynamo(Time(), clients, tables.table.name).transcripts.seal(TWO, 1)


def test_a_page_that_the_old_host_opens_in_the_middle_of_a_seal_is_found(tables: Dynamo) -> None:
    tables.transcripts.write(ONE, 1, 1, entries("a"))
    with pytest.raises(SessionChanged):
        sealed_around(tables, lambda: tables.transcripts.write(ONE, 2, 2, entries("b")))
    assert tables.transcripts.seal(TWO, 2) == 3
    assert [page.entries for page in pages(tables)] == [entries("a"), entries("b"), ()]


def test_the_last_page_is_fenced_before_the_next_is_opened(tables: Dynamo) -> None:
    tables.transcripts.write(ONE, 1, 1, entries("a"))

    def late() -> None:
        with pytest.raises(LeaseLost):
            tables.transcripts.write(ONE, 1, 2, entries("a", "late"))

    sealed_around(tables, late)
    assert [page.entries for page in pages(tables)] == [entries("a"), ()]


def test_a_newer_takeover_in_the_middle_of_a_seal_wins(tables: Dynamo) -> None:
    tables.transcripts.write(ONE, 1, 1, entries("a"))

    def newer() -> None:
        assert tables.transcripts.seal(THREE, 1) == 2

    with pytest.raises(SessionChanged):
        sealed_around(tables, newer)
    with pytest.raises(LeaseLost):
        tables.transcripts.seal(TWO, 2)
    tables.transcripts.write(THREE, 2, 1, entries("b"))


def test_pages_whose_time_has_passed_look_gone(tables: Dynamo, time: Time) -> None:
    tables.transcripts.write(ONE, 1, 1, entries("a"))
    time.sleep(30 * 24 * 3600 + 1)
    assert pages(tables) == ()
    assert tables.transcripts.read(SESSION) == ()


def test_a_long_transcript_is_read_to_its_end(tables: Dynamo) -> None:
    words = "word " * 20_000
    for number in range(1, 25):
        tables.transcripts.write(ONE, number, 1, [{"id": f"item_{number}", "text": words}])
    assert [page.number for page in pages(tables)] == list(range(1, 25))


def fencing_in(stores: Stores, examples: int, steps: int) -> None:
    """Play the rules in these stores."""
    machine = type("Machine", (Fencing,), {"stores": stores})
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks
        ),
    )


def test_no_order_of_claims_seals_and_writes_loses_or_leaks_a_word_in_memory(time: Time) -> None:
    fencing_in(Memory(time), examples=150, steps=50)


def test_no_order_of_claims_seals_and_writes_loses_or_leaks_a_word_in_the_table(tables: Dynamo) -> None:
    fencing_in(tables, examples=6, steps=30)
