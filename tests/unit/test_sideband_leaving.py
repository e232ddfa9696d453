"""How a host leaves, told in leaps of time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from sideband import limits
from sideband.host import Host
from sideband.queue import Message
from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import Throttled
from switchboard.stores.memory_calls import MemoryCalls

from tests.unit.sideband_events import reply
from tests.unit.sideband_fleet import Fleet, Forgetful, NoMessages, fleet
from tests.unit.sideband_scene import SESSION, Failing
from tests.unit.sideband_world import START, World, until


class OneMessage(NoMessages):
    """A queue whose only message comes once the host is leaving."""

    host: Host | None = None

    def __init__(self) -> None:
        self.given_back: list[Message] = []

    def receive(self) -> Sequence[Message]:
        leaving = self.host is not None and self.host.leaving
        return [Message("{}", "1")] if leaving and not self.given_back else []

    def give_back(self, message: Message) -> None:
        self.given_back.append(message)


def test_a_leaving_host_hands_over_at_once() -> None:
    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        it.start("host_b")
        await asyncio.sleep(1)
        host.stop()
        asked_at = asyncio.get_running_loop().time()
        await it.followed_by("host_b")
        assert asyncio.get_running_loop().time() - asked_at < 2
        assert await it.left("host_a") < limits.LINGER + 2
        assert [beat.host for beat in it.world.stores.hosts.list()] == ["host_b"]
        assert it.call.lease == 2

    fleet(story)


def test_a_host_without_company_leaves_without_lingering() -> None:
    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        host.stop()
        assert await it.left("host_a") < 3
        assert it.call.status == "pending"

    fleet(story)


@pytest.mark.parametrize(("signals", "longest"), [(1, 25.0), (2, 5.0)])
def test_a_leaving_host_does_not_wait_for_ever_for_a_table_that_refuses(signals: int, longest: float) -> None:
    world = World()
    world.stores.transcripts = Failing(1e9)

    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        await until(lambda: world.upstream.sockets)
        world.upstream.sockets[0].say(*reply("a1", None, "Hello."))
        await asyncio.sleep(1)
        for _ in range(signals):
            host.stop()
        assert await it.left("host_a") < longest
        assert it.call.status == "pending"

    fleet(story, world)


def test_a_leaving_host_writes_its_last_words_into_a_table_that_refuses_for_long() -> None:
    world = World()
    world.stores.transcripts = table = Failing(0.0)

    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        await until(lambda: world.upstream.sockets)
        host.stop()
        table.seconds = asyncio.get_running_loop().time() + limits.LEAVE_FLUSH + 5
        world.upstream.sockets[0].say(*reply("a1", None, "Goodbye."))
        assert await it.left("host_a") < limits.LEAVE
        entries = [entry for page in table.pages("sess_1", 2) for entry in page.entries]
        assert "a1" in {entry["id"] for entry in entries}

    fleet(story, world)


def test_a_message_that_a_leaving_host_still_gets_is_given_back() -> None:
    async def story(it: Fleet) -> None:
        queue = OneMessage()
        queue.host = it.start("host_a", queue)
        await it.followed_by("host_a")
        queue.host.stop()
        await it.left("host_a")
        assert [message.receipt for message in queue.given_back] == ["1"]

    fleet(story)


def wait(it: Fleet, numbers: range) -> None:
    """Let calls wait for a host, each long enough to be swept up."""
    for number in numbers:
        session = replace(SESSION, id=f"sess_{number}", call_id=f"rtc_{number}")
        it.world.stores.sessions.add(session)
        it.world.stores.calls.add(Call(session.id, 2, f"rtc_{number}", START))


def test_calls_wait_for_no_full_hosts_turn() -> None:
    async def story(it: Fleet) -> None:
        it.start("host_a", capacity=0)
        other = it.start("host_b", capacity=100)
        await asyncio.sleep(10)
        wait(it, range(3, 23))
        asked_at = asyncio.get_running_loop().time()
        await until(lambda: len(other.roster.follows) == 21, 10)
        assert asyncio.get_running_loop().time() - asked_at < limits.SWEEP * 1.2 + 0.2

    fleet(story)


def test_calls_of_a_host_that_left_wait_for_nobodys_turn() -> None:
    async def story(it: Fleet) -> None:
        wait(it, range(3, 23))
        host = it.start("host_a", capacity=100)
        await until(lambda: len(host.roster.follows) == 21, 10)
        other = it.start("host_b", capacity=100)
        await asyncio.sleep(2)
        host.stop()
        asked_at = asyncio.get_running_loop().time()
        await until(lambda: len(other.roster.follows) == 21, 10)
        assert asyncio.get_running_loop().time() - asked_at < limits.SWEEP * 1.2 + 0.2

    fleet(story)


class Unreleasing(MemoryCalls):
    """Cannot release."""

    def release(self, lease: Lease, now: datetime) -> None:
        raise Throttled("busy")


def test_a_host_that_could_not_release_stays_listed_so_that_others_miss_it() -> None:
    world = World()
    world.keep_calls(Unreleasing())

    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        host.stop()
        assert await it.left("host_a") < 25
        assert [beat.host for beat in world.stores.hosts.list()] == ["host_a"]
        it.start("host_b")
        await it.followed_by("host_b")

    fleet(story, world)


def test_a_host_that_leaves_not_knowing_whether_it_holds_a_call_stays_listed() -> None:
    world = World()
    world.keep_calls(Forgetful())

    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        host.stop()
        await it.left("host_a")
        assert [beat.host for beat in world.stores.hosts.list()] == ["host_a"]
        it.start("host_b")
        await it.followed_by("host_b")

    fleet(story, world)
