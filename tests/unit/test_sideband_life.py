"""How a follow comes onto its call and stays on it, told in leaps of time."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from sideband import limits

from tests.unit.sideband_events import reply, retrieved
from tests.unit.sideband_scene import Scene, scene
from tests.unit.sideband_world import START, World, refusing, until


def test_an_upstream_that_accepts_and_hangs_up_is_not_hammered() -> None:
    async def story(it: Scene) -> None:
        for number in range(1, 20):
            (await it.socket(number)).hang(1011)
        times = [seconds for seconds, _ in it.upstream.tries]
        gaps = [after - before for before, after in pairwise(times)]
        assert gaps[-1] >= limits.TROUBLE_LONGEST / 2
        assert all(after >= before / 2 for before, after in pairwise(gaps))

    scene(story)


def test_after_a_sound_connection_the_next_comes_at_once() -> None:
    async def story(it: Scene) -> None:
        for number in range(1, 9):
            (await it.socket(number)).hang(1011)
        socket = await it.socket(9)
        await asyncio.sleep(limits.STABLE + 1)
        dropped_at = asyncio.get_running_loop().time()
        socket.hang(1006)
        await it.socket(10)
        assert it.upstream.tries[-1][0] - dropped_at <= limits.ATTACH_FIRST + 0.01

    scene(story)


def test_a_clean_close_and_then_nothing_is_a_hang_up() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.upstream.answer = refusing(404)
        socket.hang(1000)
        closed_at = asyncio.get_running_loop().time()
        await it.over()
        assert it.call.reason == "hung_up"
        assert asyncio.get_running_loop().time() - closed_at < limits.REATTACH_PATIENCE + 2
        assert it.upstream.hung_up == []

    scene(story)


def test_a_clean_close_may_be_a_rotation() -> None:
    async def story(it: Scene) -> None:
        (await it.socket()).hang(1000)
        (await it.socket(2)).say(*reply("a1", None, "Still here."))
        await until(lambda: [item.text for item in it.items] == ["Still here."])

    scene(story)


def test_a_broken_connection_is_given_more_time_than_a_clean_close() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.upstream.answer = refusing(404, until=asyncio.get_running_loop().time() + 10)
        socket.hang(1006)
        await it.socket(2)

    scene(story)


@pytest.mark.parametrize("announced", [True, False])
def test_going_away_when_the_hour_is_over_is_the_end(announced: bool) -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        if announced:
            expires_at = START.timestamp() + 3600
            socket.say({"type": "session.updated", "session": {"expires_at": expires_at}})
            await asyncio.sleep(3599)
        else:
            it.upstream.answer = refusing(404)
        socket.hang(1001)
        await it.over()
        assert it.call.reason == "expired"

    scene(story)


def test_going_away_in_the_middle_is_not_the_end() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say({"type": "session.updated", "session": {"expires_at": START.timestamp() + 3600}})
        socket.hang(1001)
        await it.socket(2)

    scene(story)


def test_a_call_that_never_was_is_closed_as_not_found() -> None:
    world = World()
    world.upstream.answer = refusing(404)

    async def story(it: Scene) -> None:
        await it.over()
        assert it.call.reason == "not_found"

    scene(story, world)


def test_a_missing_item_is_asked_for_though_the_line_is_silent() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*reply("a2", "a1", "Bye."))
        await until(lambda: [frame["item_id"] for frame in socket.sent if "item_id" in frame] == ["a1"], 5)
        socket.say(retrieved("a1", "Hello."))
        await until(lambda: [item.text for item in it.items] == ["", "Hello.", "Bye."], 5)
        assert it.items[0].kind == "gap", "nobody knows what was said before the first that was asked for"

    scene(story)
