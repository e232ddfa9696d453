"""Items stand in the order of the conversation, and arrival decides only where lineage is silent."""

from switchboard.domain.transcript import START, Item, order


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
