"""The contract of the agent's session store, in memory, Redis and DynamoDB alike: sessions and turns."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from switchboard.agent import MessageHistory, SessionStore, Usage, limits
from switchboard.agent.stores.memory import MemoryBackend
from switchboard.domain.errors import InvalidRequest, NotFound

from tests.contract.agent_turns import ids

if TYPE_CHECKING:
    from tests.contract.agent_places import Place


pytest_plugins = ["tests.contract.agent_places"]


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


@pytest.mark.parametrize("session_id", ["", "x" * (limits.SESSION_ID_CHARS + 1)])
async def test_a_session_id_has_some_characters_and_not_too_many(place: Place, session_id: str) -> None:
    store = place.store()
    assert await store.get(session_id) is None
    with pytest.raises(InvalidRequest):
        await store.create(session_id)
