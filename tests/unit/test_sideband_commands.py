"""What a host does about commands and about calls without one, told in leaps of time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import pytest
from sideband import limits
from sideband.ending import ENDED, REPLACED, Ending
from sideband.queue import Message
from sideband.roster import due_ending
from switchboard.domain.call import Call, Command
from switchboard.domain.errors import Throttled
from switchboard.domain.talk import items_of
from switchboard.stores.memory_calls import MemoryCalls

from tests.unit.sideband_events import heard
from tests.unit.sideband_fleet import Fleet, NoMessages, Unreadable, fleet
from tests.unit.sideband_scene import SESSION
from tests.unit.sideband_world import START, World, now, refusing, until


class Repeating(NoMessages):
    """A queue that hands a command out until it is deleted."""

    def __init__(self) -> None:
        self.deleted_at = 0.0

    def receive(self) -> Sequence[Message]:
        body = '{"type":"end","sessionId":"sess_1","generation":2}'
        return [] if self.deleted_at else [Message(body, "1")]

    def delete(self, message: Message) -> None:
        self.deleted_at = asyncio.get_running_loop().time()


def test_a_command_that_meets_a_throttled_table_stays_in_the_queue() -> None:
    world = World()
    calls = world.keep_calls(Unreadable())
    calls.seconds = 8.0
    queue = Repeating()

    async def story(it: Fleet) -> None:
        it.start("host_a", queue)
        await until(lambda: queue.deleted_at, 30)
        assert queue.deleted_at >= calls.seconds

    fleet(story, world)


def test_a_call_whose_command_is_still_on_its_way_is_not_swept_up() -> None:
    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        assert limits.SWEEP_YOUNG <= asyncio.get_running_loop().time() < limits.SWEEP_YOUNG + 2

    fleet(story)


def test_a_full_host_takes_no_more_but_ends_what_has_to_end() -> None:
    async def story(it: Fleet) -> None:
        host = it.start("host_a", capacity=0)
        await asyncio.sleep(10)
        assert it.call.status == "pending"
        it.world.stores.sessions.save(SESSION.end(now()))
        await host.roster.heed(Command("end", "sess_1", 2))
        await until(lambda: it.call.reason == "ended", 10)

    fleet(story)


@pytest.mark.parametrize(
    ("generation", "status", "ending"),
    [(2, "open", None), (1, "open", REPLACED), (3, "open", None), (2, "ended", ENDED), (3, "ended", ENDED)],
)
def test_a_call_ends_with_its_session_or_when_a_later_one_is_current(
    generation: int, status: Literal["open", "ended"], ending: Ending | None
) -> None:
    call = Call("sess_1", generation, "rtc_x", START)
    assert due_ending(call, replace(SESSION, status=status)) == ending


def test_a_call_that_another_has_replaced_is_heard_until_its_browser_has_had_time_to_leave_it() -> None:
    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        await until(lambda: it.world.upstream.sockets)
        replaced_at = asyncio.get_running_loop().time()
        replace_call(it)
        await host.roster.heed(Command("follow", "sess_1", 3))
        await until(lambda: it.world.upstream.hung_up, limits.HANDOVER + 10)
        assert asyncio.get_running_loop().time() - replaced_at >= limits.HANDOVER
        await until(lambda: it.call.reason == "replaced", 10)

    fleet(story)


def test_a_call_that_its_browser_leaves_for_another_needs_no_hang_up() -> None:
    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        [socket] = await until(lambda: it.world.upstream.sockets)
        replace_call(it)
        await host.roster.heed(Command("follow", "sess_1", 3))
        socket.say(*heard("u1", None, "One thing more."))
        it.world.upstream.answer = refusing(404)
        socket.hang(1000)
        await until(lambda: it.call.status == "closed", 20)
        [(_, pages)] = it.world.stores.transcripts.read("sess_1")
        assert [item.text for item in items_of(pages)] == ["One thing more."]
        assert it.world.upstream.hung_up == []
        await asyncio.sleep(2 * limits.HANDOVER)

    fleet(story)


def test_a_call_that_was_just_replaced_is_not_cut_off_by_whoever_takes_it_over() -> None:
    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        it.start("host_b")
        await asyncio.sleep(5)
        replace_call(it)
        host.stop()
        await it.followed_by("host_b")
        await until(lambda: len(it.world.upstream.sockets) > 1 and it.world.upstream.sockets[1].sent)
        it.world.upstream.sockets[1].say(*heard("u1", None, "One thing more."))
        await asyncio.sleep(limits.HANDOVER / 2)
        [(_, pages)] = it.world.stores.transcripts.read("sess_1")
        assert [item.text for item in items_of(pages)] == ["One thing more."]
        assert it.world.upstream.hung_up == []
        await until(lambda: it.call.reason == "replaced", limits.RECONCILE + limits.HANDOVER + 10)
        assert it.world.upstream.hung_up

    fleet(story)


def test_a_call_that_was_replaced_long_ago_is_ended_by_whoever_finds_it() -> None:
    async def story(it: Fleet) -> None:
        replace_call(it)
        await asyncio.sleep(2 * limits.HANDOVER)
        it.start("host_a")
        await until(lambda: it.call.reason == "replaced", 10)
        assert it.world.upstream.tries == []

    fleet(story)


def replace_call(it: Fleet) -> None:
    """Let the session have a newer call, which nobody follows yet."""
    it.world.stores.sessions.save(
        replace(SESSION, call_id="rtc_2", call_generation=3, generation=3, updated_at=now())
    )


class Unlistable(MemoryCalls):
    """Cannot tell, from some time on, which calls a host has."""

    since = float("inf")

    def list_of_host(self, host: str, limit: int) -> tuple[Call, ...]:
        if asyncio.get_running_loop().time() >= self.since:
            raise Throttled("busy")
        return super().list_of_host(host, limit)


@pytest.mark.parametrize("trouble", ["a stray call without a session", "an index that refuses"])
def test_every_session_is_read_again_whatever_becomes_of_the_search_for_strays(trouble: str) -> None:
    world = World()
    calls = world.keep_calls(Unlistable())

    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        if trouble.startswith("a stray"):
            calls.add(Call("gone", 1, "rtc_gone", now(), status="followed", host="host_a", lease=1))
        else:
            calls.since = limits.RECONCILE + 10
        await asyncio.sleep(3 * limits.RECONCILE)
        world.stores.sessions.save(SESSION.end(now()))
        await until(lambda: it.call.reason == "ended", 2 * limits.RECONCILE)

    fleet(story, world)


def test_a_forwarded_command_waits_for_the_table() -> None:
    world = World()
    calls = world.keep_calls(Unreadable())

    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        calls.seconds = asyncio.get_running_loop().time() + 12
        world.stores.sessions.save(SESSION.end(now()))
        world.stores.hosts.forward("host_a", Command("end", "sess_1", 2))
        await until(lambda: it.call.status == "closed", 20)
        assert asyncio.get_running_loop().time() >= calls.seconds

    fleet(story, world)
