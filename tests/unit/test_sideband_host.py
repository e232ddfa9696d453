"""What a host does besides following, told in leaps of time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sideband import limits
from sideband.health import Health
from switchboard.domain.call import Call
from switchboard.domain.errors import Throttled
from switchboard.stores.memory import MemoryHosts, MemoryTranscripts
from switchboard.stores.memory_calls import MemoryCalls

from tests.unit.sideband_fleet import Fleet, Forgetful, fleet
from tests.unit.sideband_scene import SESSION
from tests.unit.sideband_world import START, World, now, until


async def forever() -> None:
    """Take no end."""
    await asyncio.Event().wait()


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


def test_a_claim_whose_answer_got_lost_is_found_again() -> None:
    world = World()
    world.keep_calls(Forgetful())

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

    def beat(self, host: str, beat: int, calls: int, closed: bool = False) -> None:
        if host == "host_a" and self.silent_from <= asyncio.get_running_loop().time() < self.silent_until:
            raise Throttled("busy")
        super().beat(host, beat, calls, closed)


def test_a_host_that_was_thought_dead_finds_out_and_lets_go() -> None:
    world = World()
    hosts = world.stores.hosts = Slow(now)

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
    world.keep_calls(Lagging())

    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        it.start("host_b")
        await it.kill("host_a")
        await it.followed_by("host_b")

    fleet(story, world)


class Broken(MemoryTranscripts):
    """Has a defect."""

    def write(self, *_: object) -> None:
        raise LookupError("a defect")

    pages = write  # type: ignore[assignment]  # it returns nothing, ever


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
    hosts = world.stores.hosts = Slow(now)

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
