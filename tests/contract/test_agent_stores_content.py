"""What the agent's session store holds: pages, large turns, vectors, digests, counts, sealed words."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from switchboard.agent import MessageHistory, limits
from switchboard.agent.sealing import Aes
from switchboard.domain.errors import InvalidRequest, UnreadableHistory

from tests.contract.agent_turns import ids

if TYPE_CHECKING:
    from tests.contract.agent_places import Place

pytest_plugins = ["tests.contract.agent_places"]


KEY, OTHER_KEY = b"k" * 32, b"o" * 32


async def test_pages_go_back_to_the_beginning_and_miss_nothing(place: Place) -> None:
    store = place.store()
    await store.set("s", MessageHistory([place.turn() for _ in range(7)]))
    pages, cursor = [], None
    while True:
        page = await store.page("s", limit=3, cursor=cursor)
        pages.append([int(turn.id[-4:]) for turn in page.turns])
        cursor = page.cursor
        if cursor is None:
            break
    assert pages == [[5, 6, 7], [2, 3, 4], [1]]


async def test_a_page_holds_no_more_bytes_than_an_answer_may(place: Place) -> None:
    store = place.store()
    long = "x" * (limits.PAGE_BYTES // 3)
    await store.set("s", MessageHistory([place.turn(answer=long) for _ in range(4)]))
    first = await store.page("s")
    assert [turn.id for turn in first.turns] == ["turn_0003", "turn_0004"]
    rest = await store.page("s", cursor=first.cursor)
    assert [turn.id for turn in rest.turns] == ["turn_0001", "turn_0002"]


async def test_a_cursor_that_is_none_is_refused(place: Place) -> None:
    store = place.store()
    await store.create("s")
    for cursor in ("", "nonsense", "#" * 200):
        with pytest.raises(InvalidRequest):
            await store.page("s", cursor=cursor)


async def test_only_the_newest_turns_are_read_where_fewer_are_wanted(place: Place) -> None:
    store = place.store()
    await store.set("s", MessageHistory([place.turn() for _ in range(5)]))
    assert await ids(store, most=2) == ["turn_0004", "turn_0005"]


async def test_a_turn_larger_than_an_item_of_the_table_is_kept_whole(place: Place) -> None:
    store = place.store()
    answer = "".join(f"{number} ü " for number in range(120_000))
    turn = place.turn(answer=answer)
    await store.set("s", MessageHistory([place.turn(), turn, place.turn()]))
    history = await store.get("s")
    assert history is not None
    assert history.get_by_id(turn.id) == turn
    assert len(history) == 3
    await store.clear("s")
    assert "119999" not in str(place.raw())


async def test_vectors_given_later_are_stored_with_their_turns(place: Place) -> None:
    store = place.store()
    await store.set("s", MessageHistory([place.turn(), place.turn()]))
    history = await store.get("s")
    assert history is not None
    history.amended = [turn.with_vector(b"1234") for turn in history.get_all()[:1]]
    await store.amend("s", history)
    again = await store.get("s")
    assert again is not None
    assert [turn.vector for turn in again.get_all()] == [b"1234", None]


async def test_vectors_for_turns_that_were_cleared_bring_nothing_back(place: Place) -> None:
    store = place.store()
    await store.set("s", MessageHistory([place.turn()]))
    history = await store.get("s")
    assert history is not None
    history.amended = [turn.with_vector(b"1234") for turn in history.get_all()]
    await store.clear("s")
    await store.amend("s", history)
    assert await ids(store) == []


async def test_of_two_digests_the_first_wins_and_clearing_forgets_it(place: Place) -> None:
    store = place.store()
    await store.set("s", MessageHistory([place.turn()]))
    first, second = await store.get("s"), await store.get("s")
    assert first is not None
    assert second is not None
    assert await store.save_digest("s", first, "what was said", "k1")
    assert not await store.save_digest("s", second, "the same, later", "k2")
    third = await store.get("s")
    assert third is not None
    assert (third.digest, third.digest_key) == ("what was said", "k1")
    assert await store.save_digest("s", third, "more", "k2")
    await store.clear("s")
    cleared = await store.get("s")
    assert cleared is not None
    assert (cleared.digest, cleared.digest_key) == ("", "")
    assert not await store.save_digest("s", third, "too late", "k3")


async def test_queries_are_counted_in_windows(place: Place) -> None:
    store = place.store()
    await store.create("s")
    assert [(await store.hit("s"))[0] for _ in range(3)] == [1, 2, 3]
    counted = await asyncio.gather(*(store.hit("s") for _ in range(5)))
    assert sorted(count for count, _ in counted) == [4, 5, 6, 7, 8]
    place.now += timedelta(seconds=limits.RATE_WINDOW_SECONDS)
    count, seconds = await store.hit("s")
    assert count == 1
    assert 0 < seconds <= limits.RATE_WINDOW_SECONDS


async def test_audit_events_are_kept_in_order_and_expire(place: Place) -> None:
    store = place.store(life=timedelta(days=1000))
    await store.create("s")
    await store.note("s", "session.created", owner="local")
    place.now += timedelta(seconds=1)
    await store.note("s", "history.cleared")
    assert [event["event"] for event in await store.audit("s")] == ["session.created", "history.cleared"]
    place.now += timedelta(days=limits.AUDIT_DAYS)
    assert await store.audit("s") == []


async def test_sealed_words_are_nowhere_in_what_is_stored(place: Place) -> None:
    store = place.store(sealer=Aes([KEY]))
    turn = place.turn("open sesame", "the treasure")
    await store.set("s", MessageHistory([turn]))
    history = await store.get("s")
    assert history is not None
    await store.save_digest("s", history, "a secret digest", "k")
    stored = str(place.raw())
    assert not [word for word in ("sesame", "treasure", "secret digest") if word in stored]
    again = await store.get("s")
    assert again is not None
    assert (again.get_all(), again.digest) == ([turn], "a secret digest")


async def test_a_new_key_seals_and_the_old_one_still_opens(place: Place) -> None:
    await place.store(sealer=Aes([KEY])).set("s", MessageHistory([place.turn()]))
    both = place.store(sealer=Aes([OTHER_KEY, KEY]))
    await both.append("s", place.turn(), 0)
    assert await ids(both) == ["turn_0001", "turn_0002"]
    with pytest.raises(UnreadableHistory):
        await place.store(sealer=Aes([OTHER_KEY])).get("s")


async def test_text_that_utf8_cannot_say_is_kept_as_far_as_it_can(place: Place) -> None:
    store = place.store()
    await store.set("s", MessageHistory([place.turn("half \ud83d", "nul \x00 fine")]))
    history = await store.get("s")
    assert history is not None
    last = history.last()
    assert last is not None
    assert (last.query, last.answer) == ("half ?", "nul \x00 fine")
