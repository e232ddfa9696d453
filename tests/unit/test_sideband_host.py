"""What a host does besides following, told in leaps of time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from sideband import limits
from sideband.ending import ENDED, REPLACED, Ending
from sideband.health import Health
from sideband.host import Host
from sideband.queue import Message
from sideband.roster import due_ending
from switchboard.domain.call import Call, Command, Lease
from switchboard.domain.errors import Throttled
from switchboard.domain.secret import ClientSecret
from switchboard.stores.memory import MemoryHosts, MemoryTranscripts
from switchboard.stores.memory_calls import MemoryCalls

from tests.unit.sideband_events import reply
from tests.unit.sideband_world import START, Lingering, World, in_leaps, now, until
from tests.unit.test_sideband_life import SESSION, Failing


class NoMessages:
    """A queue in which there is never anything."""

    def receive(self) -> Sequence[Message]:
        return []

    def delete(self, message: Message) -> None:
        raise AssertionError("there was none")

    give_back = delete


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


class Fleet:
    """Hosts on one world, each run by a task of the same name."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tasks: dict[str, asyncio.Task[None]] = {}
        world.stores.sessions.add(SESSION)
        world.stores.secrets.add("sess_1", 1, ClientSecret("ek_1", START + timedelta(hours=2)))
        world.stores.calls.add(Call("sess_1", 2, "rtc_1", START))

    @property
    def call(self) -> Call:
        call = self.world.stores.calls.find("sess_1", 2)
        assert call is not None
        return call

    def start(self, name: str, queue: NoMessages | None = None) -> Host:
        shared = self.world.shared(name)
        shared.polls = Lingering()
        host = Host(shared, queue or NoMessages(), 10)
        self.tasks[name] = asyncio.create_task(host.run())
        return host

    async def followed_by(self, name: str) -> None:
        await until(lambda: self.call.host == name and self.call.status == "followed", 120)

    async def kill(self, name: str) -> None:
        await end(self.tasks.pop(name))

    async def left(self, name: str) -> float:
        """Wait until the host has left; how long that took."""
        began = asyncio.get_running_loop().time()
        await asyncio.wait_for(self.tasks.pop(name), 60)
        return asyncio.get_running_loop().time() - began


async def forever() -> None:
    """Take no end."""
    await asyncio.Event().wait()


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def fleet(story: Callable[[Fleet], Awaitable[None]], world: World | None = None) -> None:
    """Tell a story of some hosts."""

    async def tell() -> None:
        made = Fleet(world or World())
        try:
            await story(made)
        finally:
            for task in made.tasks.values():
                await end(task)

    in_leaps(tell())


def test_a_dead_hosts_call_is_followed_again_within_ten_seconds() -> None:
    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        it.start("host_b")
        await asyncio.sleep(5)
        await it.kill("host_a")
        died_at = asyncio.get_running_loop().time()
        await it.followed_by("host_b")
        assert limits.LEASE_TTL - 2 <= asyncio.get_running_loop().time() - died_at < 10
        assert it.call.lease == 2

    fleet(story)


def test_a_dead_host_is_forgotten_once_it_has_no_calls() -> None:
    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        it.start("host_b")
        await it.kill("host_a")
        await until(lambda: [beat.host for beat in it.world.stores.hosts.list()] == ["host_b"], 60)

    fleet(story)


def test_a_live_hosts_calls_stay_with_it() -> None:
    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        it.start("host_b")
        await asyncio.sleep(300)
        assert (it.call.host, it.call.lease) == ("host_a", 1)

    fleet(story)


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


def test_a_message_that_a_leaving_host_still_gets_is_given_back() -> None:
    async def story(it: Fleet) -> None:
        queue = OneMessage()
        queue.host = it.start("host_a", queue)
        await it.followed_by("host_a")
        queue.host.stop()
        await it.left("host_a")
        assert [message.receipt for message in queue.given_back] == ["1"]

    fleet(story)


class Unreleasing(MemoryCalls):
    """Cannot release."""

    def release(self, lease: Lease) -> None:
        raise Throttled("busy")


def test_a_host_that_could_not_release_stays_listed_so_that_others_miss_it() -> None:
    world = World()
    calls = world.stores.calls = Unreleasing()
    world.stores.sessions._calls = calls

    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        host.stop()
        assert await it.left("host_a") < 25
        assert [beat.host for beat in world.stores.hosts.list()] == ["host_a"]
        it.start("host_b")
        await it.followed_by("host_b")

    fleet(story, world)


class Forgetful(MemoryCalls):
    """Carries the first claim out, but its answer gets lost."""

    lost = 0

    def claim(self, call: Call, host: str) -> Lease:
        lease = super().claim(call, host)
        self.lost += 1
        if self.lost == 1:
            raise Throttled("no answer in time")
        return lease


def test_a_claim_whose_answer_got_lost_is_found_again() -> None:
    world = World()
    calls = world.stores.calls = Forgetful()
    world.stores.sessions._calls = calls

    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        assert not host.roster.follows
        await until(lambda: host.roster.follows, 3 * limits.RECONCILE)
        assert it.call.lease == 2

    fleet(story, world)


class Slow(MemoryHosts):
    """Takes no heartbeats for a while."""

    silent_from = silent_until = 0.0

    def beat(self, host: str, beat: int, calls: int) -> None:
        if host == "host_a" and self.silent_from <= asyncio.get_running_loop().time() < self.silent_until:
            raise Throttled("busy")
        super().beat(host, beat, calls)


def test_a_host_that_was_thought_dead_finds_out_and_lets_go() -> None:
    world = World()
    hosts = world.stores.hosts = Slow()

    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        it.start("host_b")
        hosts.silent_from = asyncio.get_running_loop().time()
        hosts.silent_until = hosts.silent_from + 15
        await it.followed_by("host_b")
        assert host.roster.follows
        await until(lambda: not host.roster.follows, 30)
        await asyncio.sleep(60)
        assert it.call.host == "host_b"
        assert world.upstream.hung_up == []

    fleet(story, world)


def test_an_end_whose_command_was_lost_is_noticed() -> None:
    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        it.world.stores.sessions.save(SESSION.end(now()))
        await until(lambda: it.call.status == "closed", 2 * limits.RECONCILE)
        assert it.call.reason == "ended"

    fleet(story)


def test_a_call_that_is_too_long_is_hung_up() -> None:
    async def story(it: Fleet) -> None:
        old = START - timedelta(seconds=limits.CALL_LONGEST - 60)
        it.world.stores.calls.add(Call("sess_1", 2, "rtc_1", old))
        it.start("host_a")
        await it.followed_by("host_a")
        await asyncio.sleep(50)
        assert it.call.status == "followed"
        await until(lambda: it.call.status == "closed", 30 + 2 * limits.RECONCILE)
        assert it.call.reason == "expired"
        assert it.world.upstream.hung_up

    fleet(story)


class Lagging(MemoryCalls):
    """Shows a host's calls only after some seconds, as an index may."""

    shown_from = 12.0

    def list_of_host(self, host: str, limit: int) -> tuple[Call, ...]:
        if asyncio.get_running_loop().time() < self.shown_from:
            return ()
        return super().list_of_host(host, limit)


def test_a_dead_host_is_not_forgotten_before_its_last_claim_has_shown() -> None:
    world = World()
    calls = world.stores.calls = Lagging()
    world.stores.sessions._calls = calls

    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        it.start("host_b")
        await it.kill("host_a")
        await it.followed_by("host_b")

    fleet(story, world)


@pytest.mark.parametrize(
    ("generation", "status", "ending"),
    [(2, "open", None), (1, "open", REPLACED), (3, "open", None), (2, "ended", ENDED), (3, "ended", ENDED)],
)
def test_a_call_ends_with_its_session_or_when_a_later_one_is_current(
    generation: int, status: Literal["open", "ended"], ending: Ending | None
) -> None:
    call = Call("sess_1", generation, "rtc_x", START)
    assert due_ending(call, replace(SESSION, status=status)) == ending


class Unreadable(MemoryCalls):
    """Cannot be read for a while."""

    seconds = 0.0

    def list(self, session_id: str) -> tuple[Call, ...]:
        if asyncio.get_running_loop().time() < self.seconds:
            raise Throttled("busy")
        return super().list(session_id)


def test_a_forwarded_command_waits_for_the_table() -> None:
    world = World()
    calls = world.stores.calls = Unreadable()
    world.stores.sessions._calls = calls

    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        calls.seconds = asyncio.get_running_loop().time() + 12
        world.stores.sessions.save(SESSION.end(now()))
        world.stores.hosts.forward("host_a", Command("end", "sess_1", 2))
        await until(lambda: it.call.status == "closed", 20)
        assert asyncio.get_running_loop().time() >= calls.seconds

    fleet(story, world)


class Broken(MemoryTranscripts):
    """Has a defect."""

    def write(self, *_: object) -> None:
        raise LookupError("a defect")

    pages = write  # type: ignore[assignment]


def test_a_follow_that_crashes_is_given_back_after_a_pause() -> None:
    world = World()
    call = Call("sess_1", 2, "rtc_1", START, lease=1)
    world.stores.transcripts = Broken()

    async def story(it: Fleet) -> None:
        world.stores.calls.add(call)
        host = it.start("host_a")
        await asyncio.sleep(10 * limits.CRASH_PAUSE)
        assert 4 <= it.call.lease <= 12
        host.stop()
        await it.left("host_a")
        assert it.call.status == "pending"

    fleet(story, world)


def test_health_is_about_progress_not_about_success() -> None:
    world = World()
    hosts = world.stores.hosts = Slow()

    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        health = Health(host)
        await it.followed_by("host_a")
        hosts.silent_until = 1e9
        health.watch()
        await asyncio.sleep(300)
        said = {"status": "ok", "host": "host_a", "calls": 1, "lag_ms": 0.0, "draining": False}
        assert health.state() == (True, said)
        health.close()

    fleet(story, world)


def test_a_duty_without_an_end_is_not_healthy() -> None:
    world = World()

    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        health = Health(host)
        await it.followed_by("host_a")
        await host.duties.stop("queue", patience=1)
        host.duties.start("queue", 1.0, forever)
        await asyncio.sleep(2 * limits.STUCK)
        assert "queue" in health.state()[1]["stuck"]
        await host.duties.cancel()

    fleet(story, world)
