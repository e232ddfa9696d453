"""openai-agents' sessions on our stores, by the real package: its protocol, its runner, its own session."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from agents import Agent, OpenAIResponsesModel, RunConfig, Runner, Session, SQLiteSession, TResponseInputItem
from agents.memory import SessionSettings
from openai import AsyncOpenAI
from switchboard.agent import AgentsSession, SessionStore
from switchboard.agent.sealing import Aes
from switchboard.domain.errors import NotFound

from dev.simulator.config import SimulatorConfig
from dev.simulator.server import Simulator

if TYPE_CHECKING:
    from tests.contract.agent_places import Place

pytest_plugins = ["tests.contract.agent_places"]


def said(text: str) -> TResponseInputItem:
    return {"role": "user", "content": text}


async def test_it_is_a_session_by_the_packages_own_protocol(place: Place) -> None:
    session: Session = AgentsSession("s", place.store())
    assert isinstance(session, Session)


async def test_items_come_back_in_the_order_in_which_they_were_added(place: Place) -> None:
    session = AgentsSession("s", place.store())
    assert await session.get_items() == []
    await session.add_items([said("one"), said("two")])
    await session.add_items([])
    await session.add_items([said("three")])
    assert await session.get_items() == [said("one"), said("two"), said("three")]
    assert await session.get_items(limit=2) == [said("two"), said("three")]
    assert await session.get_items(limit=0) == []


async def test_the_settings_limit_what_is_read_unless_a_call_does(place: Place) -> None:
    session = AgentsSession("s", place.store(), session_settings=SessionSettings(limit=1))
    await session.add_items([said("one"), said("two")])
    assert await session.get_items() == [said("two")]
    assert await session.get_items(limit=5) == [said("one"), said("two")]


async def test_popping_takes_the_newest_until_none_is_left(place: Place) -> None:
    session = AgentsSession("s", place.store())
    assert await session.pop_item() is None
    await session.add_items([said("one"), said("two")])
    assert await session.pop_item() == said("two")
    assert await session.pop_item() == said("one")
    assert await session.pop_item() is None
    await session.add_items([said("three")])
    assert await session.get_items() == [said("three")]


async def test_two_that_pop_at_once_get_two_items(place: Place) -> None:
    store = place.store()
    await AgentsSession("s", store).add_items([said("one"), said("two"), said("three")])
    popped = await asyncio.gather(*(AgentsSession("s", store).pop_item() for _ in range(3)))
    assert sorted(str(item.get("content")) for item in popped if item) == ["one", "three", "two"]


async def test_what_is_added_at_once_is_all_kept_and_each_call_stays_together(place: Place) -> None:
    store = place.store()
    calls = [[said(f"{call}.{number}") for number in range(3)] for call in range(6)]
    await asyncio.gather(*(AgentsSession("s", store).add_items(items) for items in calls))
    kept = await AgentsSession("s", store).get_items()
    groups = [kept[start : start + 3] for start in range(0, len(kept), 3)]
    assert sorted(groups, key=str) == calls


async def test_more_items_than_one_transaction_takes_are_kept(place: Place) -> None:
    session = AgentsSession("s", place.store())
    items = [said(str(number)) for number in range(200)]
    await session.add_items(items)
    assert await session.get_items() == items


async def test_clearing_forgets_the_items_and_the_session_goes_on(place: Place) -> None:
    session = AgentsSession("s", place.store())
    await session.clear_session()
    await session.add_items([said("one")])
    await session.clear_session()
    assert await session.get_items() == []
    await session.add_items([said("two")])
    assert await session.get_items() == [said("two")]


async def test_an_item_larger_than_an_item_of_the_table_is_kept_and_popped_whole(place: Place) -> None:
    session = AgentsSession("s", place.store())
    large = said("ü" * 600_000)
    await session.add_items([said("before"), large])
    assert await session.get_items() == [said("before"), large]
    assert await session.pop_item() == large
    assert "\\xc3\\xbc" not in str(place.raw())


async def test_anothers_items_cannot_be_read_or_added_to(place: Place) -> None:
    store = place.store()
    await AgentsSession("s", store, owner="user:ada").add_items([said("mine")])
    eve = AgentsSession("s", store, owner="user:eve")
    assert await eve.get_items() == []
    assert await eve.pop_item() is None
    await eve.clear_session()
    with pytest.raises(NotFound):
        await eve.add_items([said("hers")])
    assert await AgentsSession("s", store, owner="user:ada").get_items() == [said("mine")]


async def test_turns_and_items_of_the_same_name_do_not_meet(place: Place) -> None:
    store = place.store()
    await AgentsSession("s", store).add_items([said("an item")])
    assert not await store.exists("s")


async def test_sealed_items_are_not_to_be_found_in_the_store(place: Place) -> None:
    session = AgentsSession("s", place.store(sealer=Aes([b"k" * 32])))
    await session.add_items([said("open sesame")])
    assert "sesame" not in str(place.raw())
    assert await session.get_items() == [said("open sesame")]


async def test_it_does_what_the_packages_own_session_does(place: Place) -> None:
    ours, theirs = AgentsSession("s", place.store()), SQLiteSession("s")
    for session in (ours, theirs):
        await session.add_items([said("one"), said("two")])
        await session.pop_item()
        await session.add_items([{"type": "function_call_output", "call_id": "c", "output": "3"}])
    for limit in (None, 1, 2, 9):
        assert await ours.get_items(limit) == await theirs.get_items(limit)
    await ours.clear_session()
    await theirs.clear_session()
    assert await ours.get_items() == await theirs.get_items() == []
    theirs.close()


async def test_a_run_of_the_package_remembers_the_one_before_in_another_process(place: Place) -> None:
    async with Simulator(SimulatorConfig(speed=0)).running() as upstream:
        client = AsyncOpenAI(base_url=upstream.base_url, api_key="sk-test")
        agent = Agent("helper", model=OpenAIResponsesModel("gpt-5.6-luna", client))
        quiet = RunConfig(tracing_disabled=True)
        for question in ("I am Ada.", "Who am I?"):
            session = AgentsSession("s", a_store_of_another_process(place))
            await Runner.run(agent, question, session=session, run_config=quiet)
        second = json.loads(upstream.state.log.list()[-1]["body"])
        await client.close()
    words = [item.get("content") for item in second["input"]]
    assert words[0] == "I am Ada."
    assert words[-1] == "Who am I?"
    assert len(await AgentsSession("s", place.store()).get_items()) == 4


def a_store_of_another_process(place: Place) -> SessionStore:
    """Nothing but the place itself is shared."""
    return place.store()
