"""Whatever becomes of a host, a function call is run once at most, and the model is told the truth."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sideband import limits
from sideband.ending import Released
from sideband.follow import Follow
from sideband.tool_run import UNKNOWN

from tests.unit.sideband_events import error
from tests.unit.sideband_scene import Scene
from tests.unit.sideband_tools import (
    GRANTED,
    WEATHER,
    Workshop,
    added,
    answered,
    answers,
    asked_on,
    asks,
    began,
    ended,
    equipped,
    outputs,
    quiet,
    says,
    sent,
    stored,
    tool_scene,
    turn,
    whole,
    workshop,
)
from tests.unit.sideband_world import FakeSocket, in_leaps, until


async def next_host(made: Scene) -> tuple[FakeSocket, asyncio.Task[None]]:
    """Let another host follow the call; return its line."""
    before = len(made.upstream.sockets)
    call = made.call
    follow = Follow(call, made.claim("host_b"), made.session, made.world.shared("host_b"))
    task = asyncio.create_task(follow.run())
    return await made.socket(before + 1), task


async def killed(made: Scene) -> None:
    """Let the host die: nothing of it runs on, and it writes nothing more."""
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)


def in_death(story: Any, shop: Workshop) -> Scene:
    """Tell a story in which the host dies: nothing is tidied up."""

    async def tell() -> Scene:
        made = Scene(equipped(shop), GRANTED)
        await story(made)
        return made

    return in_leaps(tell())


def test_what_a_dead_host_left_running_is_answered_honestly_and_not_run_again() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await until(lambda: stored(made) and made.items)
        made.shared.deps.tools.calls.finish = _refuses  # type: ignore[union-attr, method-assign]  # as it is dead
        await killed(made)
        after, task = await next_host(made)
        await asyncio.wait_for(answered(after), 3.0)  # the dead are not waited for
        await asked_on(after)
        task.cancel()

    def _refuses(*_: Any) -> None:
        raise RuntimeError("a dead host writes nothing")

    made = in_death(story, says("It rains in", 9.0))
    assert len(workshop(made).done) == 1
    assert outputs(made.upstream.sockets[-1]) == [UNKNOWN]
    call = stored(made)
    assert call is not None
    assert call.status == "unknown"


def test_what_a_dead_host_had_done_but_not_told_is_told_by_the_next() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await until(lambda: (call := stored(made)) and call.status == "done" and made.items)
        await killed(made)
        after, task = await next_host(made)
        await answered(after)
        await asked_on(after)
        task.cancel()

    made = in_death(story, says("It rains in"))
    assert len(workshop(made).done) == 1
    assert outputs(made.upstream.sockets[-1]) == ["It rains in Oslo"]


def test_what_a_dead_host_had_begun_is_answered_though_no_page_tells_of_it() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks(), asks(call_id="call_2")))
        await until(lambda: stored(made) and stored(made, "call_2"))
        await killed(made)
        assert made.items == []
        after, task = await next_host(made)
        await answered(after, 2)
        await asked_on(after)
        await quiet()
        assert len(sent(after, "response.create")) == 1
        task.cancel()

    made = in_death(story, says("It rains in", 9.0))
    assert len(workshop(made).done) == 2
    assert outputs(made.upstream.sockets[-1]) == [UNKNOWN, UNKNOWN]


def test_what_a_dead_host_had_told_already_is_not_asked_about_twice() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await answers(socket, 1)
        await killed(made)
        assert made.items == []
        after, task = await next_host(made)
        await answers(after, 1)
        [frame] = sent(after, "conversation.item.create")
        after.say(error(frame["event_id"], "item_create_duplicate_item_id"))
        await quiet()
        assert sent(after, "response.create") == []
        task.cancel()

    made = in_death(story, says("It rains in", 0.0))
    assert outputs(made.upstream.sockets[-1]) == ["It rains in Oslo"]


def test_what_nobody_had_begun_is_run_by_the_next_host() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(began(), added(asks()), whole(asks()))
        await until(lambda: made.items)
        await killed(made)
        after, task = await next_host(made)
        await answered(after)
        await asked_on(after)
        task.cancel()

    made = in_death(story, says("It rains in"))
    assert outputs(made.upstream.sockets[-1]) == ["It rains in Oslo"]


def test_what_was_answered_already_is_not_answered_again() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await answered(socket)
        await asked_on(socket)
        await until(lambda: len(made.items) == 2)
        await killed(made)
        after, task = await next_host(made)
        await quiet()
        assert outputs(after) == []
        assert sent(after, "response.create") == []
        task.cancel()

    in_death(story, says("It rains in"))


@pytest.mark.parametrize("seconds", [3.0, limits.LINGER + 2.0])
def test_a_leaving_host_ends_what_it_runs_and_the_next_one_tells_it(seconds: float) -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await until(lambda: workshop(made).done)
        made.follow.stop(Released(linger=True))
        await until(lambda: made.follow.released)
        after, task = await next_host(made)
        await answered(after)
        await asked_on(after)
        assert outputs(socket) == []
        assert outputs(after) == ["It rains in Oslo"]
        task.cancel()

    made = tool_scene(story, says("It rains in", seconds))
    assert len(workshop(made).done) == 1


def test_a_leaving_host_begins_nothing_that_it_might_not_end() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(began())
        await until(lambda: made.follow.since + 1 < asyncio.get_running_loop().time())
        made.follow.stop(Released(linger=True))
        await until(lambda: made.follow.released)
        socket.say(added(asks()), whole(asks()), ended(asks()))
        await quiet(0.5)
        assert workshop(made).done == []
        after, task = await next_host(made)
        await answered(after)
        task.cancel()

    assert len(workshop(tool_scene(story)).done) == 1


def test_what_a_leaving_host_cannot_end_in_time_is_unknown() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await until(lambda: workshop(made).done)
        made.follow.stop(Released(linger=True))
        await until(lambda: made.follow.released)
        after, task = await next_host(made)
        await answered(after)
        assert outputs(after) == [UNKNOWN]
        task.cancel()

    tool_scene(story, says("It rains in", 29.0), replace(WEATHER, seconds=30.0))
