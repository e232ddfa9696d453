"""When a follow writes, and what a table that refuses does to it, told in leaps of time."""

from __future__ import annotations

import asyncio

import pytest
from sideband import ending, limits
from switchboard.domain.transcript import GAP
from switchboard.domain.transcript.limits import ITEMS_MAX

from tests.unit.sideband_events import appeared, reply
from tests.unit.sideband_scene import Failing, Scene, failing, scene
from tests.unit.sideband_world import until


def test_an_outage_of_the_table_loses_nothing() -> None:
    world = failing(600)

    async def story(it: Scene) -> None:
        socket = await it.socket()
        before = None
        for number in range(100):
            socket.say(*reply(f"a{number}", before, f"Words {number}."))
            before = f"a{number}"
            await asyncio.sleep(5)
        await until(lambda: len(it.items) == 100)
        assert [item.text for item in it.items] == [f"Words {number}." for number in range(100)]
        assert it.shared.metrics.items_lost == 0

    scene(story, world)
    transcripts = world.stores.transcripts
    assert isinstance(transcripts, Failing)
    assert len(transcripts.refused) < 600


def test_the_last_words_of_a_call_wait_for_the_table() -> None:
    async def story(it: Scene) -> None:
        (await it.socket()).say(*reply("a1", None, "Goodbye."))
        await asyncio.sleep(1)
        it.follow.stop(ending.ENDED)
        await it.over()
        assert [item.text for item in it.items] == ["Goodbye."]
        assert it.shared.metrics.items_lost == 0

    scene(story, failing(200))


def test_words_given_up_in_the_end_are_counted() -> None:
    async def story(it: Scene) -> None:
        (await it.socket()).say(*reply("a1", None, "Goodbye."))
        await asyncio.sleep(1)
        it.follow.stop(ending.ENDED)
        await it.over()
        assert it.shared.metrics.items_lost == 1
        assert it.call.status == "closed"

    scene(story, failing(2000))


def test_events_for_which_there_is_no_room_are_counted() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        for number in range(ITEMS_MAX + 3):
            socket.say(appeared(f"a{number}", None))
        await asyncio.sleep(1)
        it.follow.stop(ending.ENDED)
        await it.over()
        kept = len([item for item in it.items if item.kind != GAP])
        assert ITEMS_MAX - 2 < kept <= ITEMS_MAX
        assert it.shared.metrics.items_lost == ITEMS_MAX + 3 - kept

    scene(story)


def test_writes_wait_for_what_belongs_to_the_same_moment() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        for number in range(5):
            before = f"a{number - 1}" if number else None
            socket.say(appeared(f"a{number}", before))
            await asyncio.sleep(0.2)
            socket.say(*reply(f"a{number}", before, "Yes."))
            await asyncio.sleep(5)
        assert it.shared.metrics.writes == 5
        assert it.shared.metrics.lag_ms() == pytest.approx(1000 * limits.SETTLED_DELAY, rel=0.15)

    scene(story)


def test_a_table_that_heals_gets_the_last_words_at_once() -> None:
    async def story(it: Scene) -> None:
        (await it.socket()).say(*reply("a1", None, "Goodbye."))
        await asyncio.sleep(120.1 - asyncio.get_running_loop().time())
        it.follow.stop(ending.Released())
        await it.over()
        assert asyncio.get_running_loop().time() <= 120.2
        assert [item.text for item in it.items] == ["Goodbye."]

    scene(story, failing(120))


def test_an_outage_longer_than_memory_lasts_loses_the_oldest_words_and_counts_them() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        for number in range(60):
            socket.say(*reply(f"a{number}", f"a{number - 1}" if number else None, "x" * 10_000))
        await until(lambda: it.shared.metrics.items_lost, 60)
        await until(lambda: len(it.items) == 60, 600)
        lost = [item for item in it.items if item.status == "lost"]
        assert len(lost) == it.shared.metrics.items_lost
        assert it.items[: len(lost)] == lost

    scene(story, failing(300))
