"""How a follow ends its call, told in leaps of time."""

from __future__ import annotations

import asyncio

from sideband import ending, limits
from switchboard.domain.errors import UpstreamUnavailable
from switchboard.domain.secret import Credential

from tests.unit.sideband_events import appeared, delta, heard, reply
from tests.unit.sideband_scene import Scene, scene
from tests.unit.sideband_world import World, refusing, until


def test_the_end_of_the_session_hangs_up_with_the_key_that_attached() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*heard("u1", None, "Hello?"), appeared("a1", "u1"), delta("a1", "Hel"))
        await asyncio.sleep(0)
        it.follow.stop(ending.ENDED)
        await it.over()
        assert it.upstream.hung_up == [("rtc_1", "ek_1")]
        assert it.call.reason == "ended"
        assert [(item.text, item.status) for item in it.items] == [
            ("Hello?", "completed"),
            ("Hel", "incomplete"),
        ]
        assert socket.closed

    scene(story)


def test_words_said_while_hanging_up_are_heard() -> None:
    world = World()
    world.upstream.ends_on_hangup = False

    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.follow.stop(ending.ENDED)
        await until(lambda: it.upstream.hung_up)
        socket.say(*reply("a1", None, "Goodbye!"))
        socket.hang(1000)
        await it.over()
        assert [item.text for item in it.items] == ["Goodbye!"]

    scene(story, world)


def test_a_line_that_does_not_end_is_hung_up_with_every_key() -> None:
    world = World()
    world.upstream.ends_on_hangup = False

    async def story(it: Scene) -> None:
        await it.socket()
        it.follow.stop(ending.ENDED)
        await it.over()
        assert [key for _, key in it.upstream.hung_up] == ["ek_1", "sk-ours"]
        assert it.call.reason == "ended"

    scene(story, world)


def test_a_call_that_we_could_not_attach_to_is_hung_up_with_every_key() -> None:
    world = World()
    world.upstream.answer = refusing(404)

    async def story(it: Scene) -> None:
        await until(lambda: it.upstream.tries)
        it.follow.stop(ending.REPLACED)
        await it.over()
        assert [key for _, key in it.upstream.hung_up] == ["ek_1", "sk-ours"]
        assert it.call.reason == "replaced"

    scene(story, world)


def fail(call_id: str, credential: Credential | None = None) -> None:
    raise UpstreamUnavailable("no")


def test_a_hang_up_that_fails_is_repeated_until_the_call_is_really_over() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        works, it.upstream.hang_up = it.upstream.hang_up, fail  # type: ignore[method-assign]  # down
        it.follow.stop(ending.SPENT)
        await asyncio.sleep(60)
        socket.say(*reply("a1", None, "Still here."))
        await asyncio.sleep(limits.SETTLED_DELAY + 1)
        assert it.call.status == "followed"
        assert [item.text for item in it.items] == ["Still here."]
        it.upstream.hang_up = works  # type: ignore[method-assign]  # it is up again
        await it.over()
        assert it.upstream.hung_up == [("rtc_1", "ek_1")]
        assert (it.call.reason, it.shared.metrics.not_ended) == ("budget", 0)

    scene(story)


def test_a_call_that_cannot_be_hung_up_is_not_followed_for_ever_but_counted() -> None:
    async def story(it: Scene) -> None:
        await it.socket()
        it.upstream.hang_up = fail  # type: ignore[method-assign]  # the upstream is down
        it.follow.stop(ending.ENDED)
        await it.over()
        assert asyncio.get_running_loop().time() >= limits.HANG_UP_PATIENCE
        assert (it.call.status, it.shared.metrics.not_ended) == ("closed", 1)

    scene(story)


def test_a_call_that_the_browser_leaves_while_hang_ups_fail_is_over() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.upstream.hang_up = fail  # type: ignore[method-assign]  # the upstream is down
        it.follow.stop(ending.ENDED)
        await asyncio.sleep(30)
        socket.hang(1000)
        await it.over()
        assert asyncio.get_running_loop().time() < limits.HANG_UP_PATIENCE
        assert it.shared.metrics.not_ended == 0

    scene(story)


def test_a_follow_that_is_stopped_before_it_begins_attaches_to_nothing() -> None:
    async def story(it: Scene) -> None:
        it.follow.stop(ending.ENDED)
        await it.over()
        assert it.upstream.tries == []
        assert len(it.upstream.hung_up) == 2
        assert it.call.reason == "ended"

    scene(story)


def test_a_release_writes_everything_and_leaves_the_call_to_others() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*heard("u1", None, "Hello?"))
        await asyncio.sleep(0)
        it.follow.stop(ending.Released())
        await it.over()
        assert (it.call.status, it.call.host) == ("pending", None)
        assert [item.text for item in it.items] == ["Hello?"]
        assert it.upstream.hung_up == []
        assert socket.closed

    scene(story)


def test_only_the_first_ending_counts() -> None:
    async def story(it: Scene) -> None:
        await it.socket()
        it.follow.stop(ending.REPLACED)
        it.follow.stop(ending.ENDED)
        it.follow.stop(ending.Released())
        await it.over()
        assert it.call.reason == "replaced"

    scene(story)
