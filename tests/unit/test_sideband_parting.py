"""How a host parts from a call that another has, or is to have: it writes what it heard, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest
from sideband import ending, limits
from sideband.host import Host
from switchboard.domain.call import Command, Lease
from switchboard.stores.memory_calls import MemoryCalls

from tests.unit.sideband_events import heard, reply
from tests.unit.sideband_fleet import Fleet, fleet
from tests.unit.sideband_scene import Scene, failing, scene
from tests.unit.sideband_world import World, now, until


@pytest.mark.parametrize("opened", [True, False], ids=["mid-call", "before it had the pages"])
def test_a_host_that_lost_its_lease_writes_what_it_hears_until_another_has_the_pages(opened: bool) -> None:
    async def story(it: Scene) -> None:
        if not opened:
            it.world.stores.calls.release(it.follow.lease, now())
            await it.over_and_again()
        socket = await it.socket()
        socket.say(*reply("a1", None, "One."))
        await asyncio.sleep(0.1)
        thief = it.claim("host_b")
        it.follow.stop(ending.Lost())
        await asyncio.sleep(limits.OVERLAP + 0.1)
        socket.say(*reply("a2", "a1", "Two."))
        await until(lambda: [item.text for item in it.items if item.text] == ["One.", "Two."], 1)
        it.world.stores.transcripts.seal(thief, it.world.stores.transcripts.pages("sess_1", 2)[-1].number)
        socket.say(*reply("a3", "a2", "Three."))
        await asyncio.wait_for(it.over(), 1)
        assert [item.text for item in it.items if item.text] == ["One.", "Two."]
        assert (it.call.host, it.call.status, socket.closed) == ("host_b", "followed", True)

    scene(story)


def test_a_host_that_lost_its_lease_while_it_released_it_writes_what_it_has_heard() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.claim("host_b")
        it.follow.stop(ending.Released())
        socket.say(*reply("a1", None, "One."))
        await it.over()
        assert [item.text for item in it.items] == ["One."]
        assert (it.call.host, it.follow.released) == ("host_b", True)

    scene(story)


class SlowToRelease(MemoryCalls):
    """Lets something be said while it is asked to release."""

    def __init__(self, say: Callable[[], None]) -> None:
        super().__init__()
        self.say = say

    def release(self, lease: Lease, now: datetime) -> None:
        self.say()
        super().release(lease, now)


def test_what_is_said_while_a_host_without_company_releases_a_call_is_written() -> None:
    world = World()
    world.keep_calls(SlowToRelease(lambda: world.upstream.sockets[0].say(*reply("a1", None, "One."))))

    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.follow.stop(ending.Released())
        await asyncio.wait_for(it.over(), 1)
        assert [item.text for item in it.items] == ["One."]
        assert (it.call.status, socket.closed) == ("pending", True)

    scene(story, world)


def test_a_host_that_lost_its_lease_asks_for_nothing_any_more() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*heard("u1", None, "One."))
        await asyncio.sleep(0.1)
        before = len(socket.sent)
        it.follow.stop(ending.Lost())
        await asyncio.sleep(0.1)
        socket.say(*heard("u3", "u2", "Three."))
        await it.over()
        assert [item.text for item in it.items if item.text] == ["One.", "Three."]
        assert socket.sent[before:] == []

    scene(story)


async def lost_to(it: Fleet) -> Host:
    """Let host_b take the lease from host_a, which has words to write; return host_a."""
    first = it.start("host_a")
    await it.followed_by("host_a")
    await until(lambda: it.world.upstream.sockets)
    second = it.start("host_b")
    await asyncio.sleep(2)
    await second.roster.claim(it.call, it.world.stores.sessions.load("sess_1"), None)
    it.world.upstream.sockets[0].say(*reply("a1", None, "One."))
    first.roster.follows["sess_1", 2].stop(ending.Lost())
    await asyncio.sleep(0.1)
    return first


def test_a_host_follows_a_call_again_that_it_lost_to_one_that_died() -> None:
    async def story(it: Fleet) -> None:
        await lost_to(it)
        lost_at = asyncio.get_running_loop().time()
        await it.kill("host_b")
        await it.followed_by("host_a")
        assert asyncio.get_running_loop().time() - lost_at < limits.LEASE_TTL + 2

    fleet(story, failing(1e9))


def test_a_command_for_a_call_that_another_has_is_forwarded_though_its_last_words_are_still_written() -> None:
    async def story(it: Fleet) -> None:
        first = await lost_to(it)
        it.world.stores.sessions.save(it.world.stores.sessions.load("sess_1").end(now()))
        asked_at = asyncio.get_running_loop().time()
        await first.roster.heed(Command("end", "sess_1", 2))
        await until(lambda: it.call.reason == "ended", 10)
        assert asyncio.get_running_loop().time() - asked_at < limits.LINGER
        assert it.call.host == "host_b"

    fleet(story)
