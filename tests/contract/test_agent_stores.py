"""The contract of the agent's session store, against memory, Redis and DynamoDB alike."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from switchboard.agent import MessageHistory, SessionStore, Usage, limits
from switchboard.agent.sealing import Aes
from switchboard.agent.stores.memory import MemoryBackend
from switchboard.domain.errors import InvalidRequest, NotFound, UnreadableHistory

if TYPE_CHECKING:
    from tests.contract.agent_places import Place

pytest_plugins = ["tests.contract.agent_places"]

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


async def ids(store: SessionStore, session_id: str = "s", **options: Any) -> list[str]:
    history = await store.get(session_id, **options)
    assert history is not None
    return [turn.id for turn in history.get_all()]


async def test_a_session_is_not_there_until_it_is_made(place: Place) -> None:
    store = place.store()
    assert not await store.exists("s")
    assert await store.get("s") is None
    await store.create("s")
    assert await store.exists("s")
    assert await ids(store) == []


async def test_what_is_set_is_what_one_gets(place: Place) -> None:
    store = place.store()
    usage = Usage(10, 4, 20, 5)
    turn = place.turn(status="incomplete", usage=usage, milliseconds=7, first_token_ms=3, vector=b"\x00\xff")
    await store.set("s", MessageHistory([turn]))
    history = await store.get("s")
    assert history is not None
    assert history.get_all() == [turn]


async def test_making_a_session_again_leaves_it_as_it_is(place: Place) -> None:
    store = place.store()
    await store.set("s", MessageHistory([place.turn()]))
    record = await store.create("s")
    assert record.counters["turns"] == 1
    assert await ids(store) == ["turn_0001"]


async def test_anothers_session_looks_like_no_session(place: Place) -> None:
    store = place.store()
    await store.create("s", "user:ada")
    await store.append("s", place.turn(), 0)
    assert await store.get("s", "user:eve") is None
    assert not await store.exists("s", "user:eve")
    with pytest.raises(NotFound):
        await store.create("s", "user:eve")
    with pytest.raises(NotFound):
        await store.page("s", "user:eve")
    with pytest.raises(NotFound):
        await store.clear("s", "user:eve")
    with pytest.raises(NotFound):
        await store.audit("s", "user:eve")
    await store.delete("s", "user:eve")
    assert await ids(store, owner="user:ada") == ["turn_0001"]


async def test_turns_added_at_once_are_all_kept(place: Place) -> None:
    store = place.store()
    await store.create("s")
    turns = [place.turn(usage=Usage(1, 0, 2, 0)) for _ in range(12)]
    assert all(await asyncio.gather(*(store.append("s", turn, 0) for turn in turns)))
    assert await ids(store) == [turn.id for turn in turns]
    record = await store.find("s")
    assert record is not None
    assert record.counters["turns"] == 12
    assert record.counters["input_tokens"] == 12
    assert record.counters["output_tokens"] == 24


async def test_the_same_turn_again_is_one_turn_and_counts_once(place: Place) -> None:
    store = place.store(price=lambda turn: 5)
    await store.create("s")
    turn = place.turn(milliseconds=9, first_token_ms=4)
    assert [await store.append("s", turn, 0) for _ in range(3)] == [True, True, True]
    assert await ids(store) == [turn.id]
    record = await store.find("s")
    assert record is not None
    assert record.counters["turns"] == 1
    assert record.counters["milliseconds"] == 9
    assert record.counters["first_token_ms"] == 4
    assert record.counters["first_tokens"] == 1
    assert record.counters["cost_nano_usd"] == 5


async def test_setting_a_history_keeps_what_others_have_added_meanwhile(place: Place) -> None:
    store = place.store()
    await store.set("s", MessageHistory([place.turn()]))
    mine = await store.get("s")
    assert mine is not None
    await store.append("s", place.turn(), 0)
    mine.add(place.turn())
    await store.set("s", mine)
    assert await ids(store) == ["turn_0001", "turn_0002", "turn_0003"]


async def test_a_history_can_be_carried_from_one_store_to_another(place: Place) -> None:
    store, elsewhere = place.store(), SessionStore(MemoryBackend(place.clock), clock=place.clock)
    await store.set("s", MessageHistory([place.turn(), place.turn()]))
    history = await store.get("s")
    assert history is not None
    await elsewhere.set("s", history)
    assert await ids(elsewhere) == await ids(store)


async def test_clearing_forgets_the_turns_and_keeps_the_session(place: Place) -> None:
    store = place.store()
    await store.create("s")
    for _ in range(3):
        await store.append("s", place.turn(), 0)
    await store.clear("s")
    assert await ids(store) == []
    record = await store.find("s")
    assert record is not None
    assert (record.epoch, record.counters["turns"], record.counters["answers"]) == (1, 0, 3)
    assert "a question" not in str(place.raw())


async def test_a_turn_on_its_way_when_the_session_was_cleared_is_not_kept(place: Place) -> None:
    store = place.store()
    await store.create("s")
    await store.clear("s")
    assert not await store.append("s", place.turn(), 0)
    assert await ids(store) == []
    assert await store.append("s", place.turn(), 1)
    assert await ids(store) == ["turn_0002"]


async def test_a_cleared_history_clears_the_session_when_it_is_set(place: Place) -> None:
    store = place.store()
    await store.set("s", MessageHistory([place.turn()]))
    history = await store.get("s")
    assert history is not None
    history.clear()
    history.add(place.turn())
    await store.set("s", history)
    assert await ids(store) == ["turn_0002"]


async def test_a_turn_that_is_put_back_after_clearing_is_stored_again(place: Place) -> None:
    store = place.store()
    first, second = place.turn(), place.turn()
    await store.set("s", MessageHistory([first, second]))
    history = await store.get("s")
    assert history is not None
    history.clear()
    history.add(first)
    await store.set("s", history)
    assert await ids(store) == [first.id]


async def test_a_deleted_session_is_gone_with_everything_in_it(place: Place) -> None:
    store = place.store()
    await store.set("s", MessageHistory([place.turn()]))
    await store.note("s", "session.created")
    await store.delete("s")
    assert not await store.exists("s")
    assert not await store.append("s", place.turn(), 0)
    await store.delete("s")
    await store.create("s")
    assert await ids(store) == []
    assert await store.audit("s") == []


async def test_a_session_expires_after_its_last_turn_and_a_turn_by_itself(place: Place) -> None:
    store = place.store(life=timedelta(days=10))
    await store.set("s", MessageHistory([place.turn()]))
    place.now += timedelta(days=6)
    await store.append("s", place.turn(), 0)
    place.now += timedelta(days=6)
    assert await ids(store) == ["turn_0002"]
    place.now += timedelta(days=6)
    assert not await store.exists("s")
    assert not await store.append("s", place.turn(), 0)


async def test_an_expired_session_can_be_made_anew_by_anybody(place: Place) -> None:
    store = place.store(life=timedelta(days=10))
    await store.create("s", "user:ada")
    await store.append("s", place.turn(), 0)
    place.now += timedelta(days=11)
    await store.create("s", "user:eve")
    assert await ids(store, owner="user:eve") == []


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


@pytest.mark.parametrize("session_id", ["", "x" * (limits.SESSION_ID_CHARS + 1)])
async def test_a_session_id_has_some_characters_and_not_too_many(place: Place, session_id: str) -> None:
    store = place.store()
    assert await store.get(session_id) is None
    with pytest.raises(InvalidRequest):
        await store.create(session_id)
