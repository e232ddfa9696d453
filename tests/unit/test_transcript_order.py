"""Items stand in the order of the conversation, and arrival decides only where lineage is silent."""

from dataclasses import replace

from switchboard.domain.transcript import GAP, START, Item, Part, order
from switchboard.domain.transcript.item import ADDED_LINEAGE, COMPLETED, DONE_LINEAGE, FINAL, OUTPUT_LINEAGE


def names(*items: Item) -> str:
    return "".join(item.id for item in order(items))


def item(name: str, previous: str | None = None, seq: int = 0, deleted: bool = False) -> Item:
    return Item(id=name, previous=previous, seq=seq, deleted=deleted)


def test_a_chain_is_followed_whatever_the_arrival() -> None:
    assert names(item("c", "b", 1), item("a", START, 3), item("b", "a", 2)) == "abc"


def test_an_item_inserted_later_goes_in_front() -> None:
    assert names(item("a", START, 1), item("b", "a", 2), item("x", "a", 3), item("c", "b", 4)) == "axbc"


def test_an_item_put_at_the_start_later_goes_first() -> None:
    assert names(item("a", START, 1), item("b", "a", 2), item("x", START, 3)) == "xab"


def test_what_follows_a_deleted_item_stands_behind_it() -> None:
    assert names(item("a", START, 1), item("b", "a", 2, deleted=True), item("c", "a", 3)) == "abc"


def test_a_deleted_item_with_live_followers_yields_to_an_insertion() -> None:
    deleted = item("b", "a", 2, deleted=True)
    assert names(item("a", START, 1), deleted, item("c", "b", 3), item("x", "a", 4)) == "axbc"


def test_a_chain_with_an_unknown_beginning_stands_where_it_arrived() -> None:
    assert names(item("d", "gone", 5), item("e", "d", 6), item("a", START, 1), item("z", None, 9)) == "adez"


def test_a_beginning_found_late_does_not_move_its_chain() -> None:
    assert names(item("d", "g", 5), item("z", None, 7), item("g", None, 9)) == "gdz"


def test_a_conversation_starts_with_what_is_known_to_start_it() -> None:
    assert names(item("m", None, 1), item("a", START, 2)) == "am"


def test_items_that_name_each_other_are_all_kept() -> None:
    assert names(item("b", "a", 2), item("a", "b", 1), item("s", "s", 3)) == "abs"


def test_a_very_long_conversation_is_no_burden() -> None:
    chain = [item(str(n), str(n - 1) if n else START, n) for n in range(20_000)]
    assert [found.id for found in order(reversed(chain))] == [str(n) for n in range(20_000)]


def gap(seq: int, name: str = "G") -> Item:
    return Item(id=name, seq=seq, kind=GAP, lost=True, ended=True)


def heard(name: str, previous: str, seq: int) -> Item:
    return Item(id=name, previous=previous, lineage=3, seq=seq)


def test_a_gap_shows_where_it_is_unknown_what_came_before() -> None:
    assert names(heard("a", START, 1), gap(2), item("c", None, 3), heard("d", "c", 4)) == "aGcd"


def test_a_gap_that_the_next_item_denies_is_none() -> None:
    assert names(heard("a", START, 1), gap(2), heard("b", "a", 3)) == "ab"
    assert names(gap(0), heard("a", START, 1)) == "a"


def test_a_gap_at_the_end_stays_for_nobody_denies_it() -> None:
    assert names(heard("a", START, 1), gap(2)) == "aG"
    assert names(gap(0)) == "G"


def test_gaps_in_one_place_are_one() -> None:
    assert names(heard("a", START, 1), gap(3, "H"), gap(2), item("c", None, 4), heard("d", "c", 5)) == "aGcd"


def test_a_gap_bears_the_times_of_what_is_around_it() -> None:
    before = Item(id="a", previous=START, seq=1, audio_start_ms=100, audio_end_ms=900)
    after = Item(id="b", seq=3, audio_start_ms=4000, audio_end_ms=5000)
    marker = order([before, gap(2), after])[1]
    assert (marker.status, marker.audio_start_ms, marker.audio_end_ms) == ("lost", 900, 4000)


def test_each_item_whose_place_nobody_heard_has_a_gap_before_it() -> None:
    torn = [heard("a", START, 1), gap(2), item("c", None, 3), item("e", None, 4), heard("f", "e", 5)]
    assert names(*torn) == "aGcG_eef"
    assert names(*torn[:3]) == "aGcG_c_end"
    assert names(*torn[:3], heard("f", "d", 4)) == "aGcG_c_endf"
    assert names(heard("a", START, 1), item("c", None, 2), gap(3), heard("d", "c", 4)) == "acd"


def test_what_began_before_anybody_listened_has_a_gap_behind_it_too() -> None:
    opening = replace(gap(0), previous=START)
    late = Item("u", seq=1, role="user", parts=(Part(0, "audio", FINAL),))
    assert names(opening, late) == "GuG_u_end"
    assert names(opening, late, heard("a", "u", 2)) == "Gua"
    assert {item.previous for item in order([opening, late])[1:]} == {None}


def test_what_is_being_said_has_no_gap_before_it_for_want_of_a_place() -> None:
    speaking = Item("u", seq=4, role="user", parts=(Part(0, "audio"),), progress=1)
    assert names(heard("a", START, 1), gap(2), heard("b", "a", 3), speaking) == "abu"
    said = replace(speaking, parts=(Part(0, "audio", FINAL, "Hello."),))
    assert names(heard("a", START, 1), gap(2), heard("b", "a", 3), said) == "abG_uuG_u_end"


def test_a_gap_stands_between_one_whose_place_nobody_heard_and_what_is_being_said() -> None:
    torn = [heard("a", START, 1), gap(2), item("c", None, 3)]
    speaking = Item("u", seq=4, role="user", parts=(Part(0, "audio"),), progress=1)
    assert names(*torn, speaking) == names(*torn, replace(speaking, ended=True)) == "aGcG_c_endu"


def test_an_utterance_known_by_its_transcription_alone_stands_before_what_began_since() -> None:
    late = Item("u", seq=5, role="user", parts=(Part(0, "audio", FINAL, "Hello."),))
    before, reply = heard("a", START, 1), [heard("d", "c", 3), heard("e", "d", 4)]
    assert names(before, gap(2), *reply, late) == "aGuG_u_endde"
    began = replace(late, progress=1, audio_start_ms=900)
    assert names(before, gap(2), *reply, began) == "aGdeG_uuG_u_end"
    assert names(before, gap(2), heard("b", "a", 3), replace(late, seq=4)) == "abG_uuG_u_end"


def test_a_chain_of_which_only_ends_were_heard_stands_before_what_began_since() -> None:
    call = Item("d", seq=8, previous="c", lineage=DONE_LINEAGE, kind="function_call", progress=COMPLETED)
    fetched = Item("c", seq=9, role="user", parts=(Part(0, "audio", FINAL, "Hello."),), progress=COMPLETED)
    told = [heard("a", START, 1), gap(2), heard("f", "e", 4)]
    assert names(*told, call, fetched) == "aGcdf"
    assert names(*told, replace(call, lineage=ADDED_LINEAGE), fetched) == "aGfG_ccd"


def test_an_output_that_began_has_no_gap_before_it_though_its_place_is_told_later() -> None:
    opening = replace(gap(0), previous=START)
    output = Item("o", seq=3, lineage=OUTPUT_LINEAGE, role="assistant", progress=COMPLETED)
    assert names(opening, heard("a", START, 1), heard("b", "a", 2), output) == "abo"


def test_speech_that_was_heard_to_begin_keeps_its_place_though_it_was_fetched_later() -> None:
    torn = [heard("a", START, 1), gap(2), heard("c", "a", 3), gap(6)]
    speech = Item("u", seq=5, role="user", parts=(Part(0, "audio", FINAL),), progress=COMPLETED)
    began = replace(speech, audio_start_ms=900)
    turn = [heard("e", "d", 4)]
    assert names(*torn, *turn, began).index("e") < names(*torn, *turn, began).index("u")
    assert names(*torn, *turn, speech).index("e") > names(*torn, *turn, speech).index("u")
