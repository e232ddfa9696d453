"""Hosts, functions and upstream whose clocks differ by seconds follow calls as if they did not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sideband import limits
from sideband.deps import Allowance, Shared
from switchboard.domain.places import Coming, Places
from switchboard.domain.transcript import Item, merge_entries, order

from tests.unit.sideband_events import reply
from tests.unit.sideband_fleet import Fleet, fleet
from tests.unit.sideband_world import FakeSocket, World, now, refusing, until

SKEWS = [(0.0, 0.0), (9.0, -9.0), (-9.0, 9.0), (12.0, 12.0), (-12.0, -12.0)]
"""Seconds by which the clocks of two hosts are off that of the functions that made the call."""


def off_by(seconds: float) -> Callable[[], datetime]:
    return lambda: now() + timedelta(seconds=seconds)


@dataclass
class Skewed(World):
    """A world in which each host has a clock of its own."""

    host_a: float = 0.0
    host_b: float = 0.0
    allowance: Allowance = field(default_factory=Allowance)

    def shared(self, host: str = "host_a") -> Shared:
        shared = super().shared(host)
        clock = off_by(self.host_a if host == "host_a" else self.host_b)
        places = Places(self.stores.places, {"guest": 1}, clock, lambda *_: None)
        shared.deps = replace(shared.deps, clock=clock, allowance=self.allowance, places=places)
        return shared


def told(it: Fleet) -> list[Item]:
    pages = it.world.stores.transcripts.pages("sess_1", 2)
    return order(merge_entries(entry for page in pages for entry in page.entries).items.values())


async def socket(it: Fleet, number: int) -> FakeSocket:
    sockets = it.world.upstream.sockets
    await until(lambda: len(sockets) >= number and sockets[number - 1].sent, 120)
    return sockets[number - 1]


@pytest.mark.parametrize("skew", SKEWS)
def test_a_call_moves_from_host_to_host_and_shows_no_gap_that_was_none(skew: tuple[float, float]) -> None:
    async def story(it: Fleet) -> None:
        first = it.start("host_a")
        (await socket(it, 1)).say(*reply("a1", None, "One."))
        it.start("host_b")
        await asyncio.sleep(5)
        first.stop()
        asked_at = asyncio.get_running_loop().time()
        await it.followed_by("host_b")
        assert asyncio.get_running_loop().time() - asked_at < 2
        (await socket(it, 2)).say(*reply("a2", "a1", "Two."))
        await it.left("host_a")
        third = it.start("host_a")
        await asyncio.sleep(limits.APPEARED_DELAY)
        await it.kill("host_b")
        died_at = asyncio.get_running_loop().time()
        await it.followed_by("host_a")
        assert asyncio.get_running_loop().time() - died_at < 10
        (await socket(it, 3)).say(*reply("a3", "a2", "Three."))
        await asyncio.sleep(60)
        assert [item.text for item in told(it)] == ["One.", "Two.", "Three."]
        assert len(third.roster.follows) == 1
        assert it.call.lease == 3

    fleet(story, Skewed(host_a=skew[0], host_b=skew[1]))


@pytest.mark.parametrize("skew", SKEWS)
def test_a_call_whose_command_was_lost_is_found_soon(skew: tuple[float, float]) -> None:
    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        assert asyncio.get_running_loop().time() < limits.SWEEP_YOUNG + 2 * limits.SWEEP

    fleet(story, Skewed(host_a=skew[0]))


@pytest.mark.parametrize("skew", SKEWS)
def test_a_limit_is_late_or_early_by_no_more_than_the_clocks_differ(skew: tuple[float, float]) -> None:
    async def story(it: Fleet) -> None:
        it.start("host_a")
        await until(lambda: it.call.status == "closed", 400)
        assert it.call.reason == "too_long"
        assert abs(asyncio.get_running_loop().time() - 300) <= abs(skew[0]) + 5

    fleet(story, Skewed(host_a=skew[0], allowance=Allowance(longest=300)))


@pytest.mark.parametrize("skew", SKEWS)
def test_a_place_is_held_from_call_to_call_and_free_afterwards(skew: tuple[float, float]) -> None:
    async def story(it: Fleet) -> None:
        stores = it.world.stores
        functions = Places(stores.places, {"guest": 1}, now, lambda *_: None)
        slots = functions.take(Coming("guest:1", None, "sess_1", 2))
        stores.calls._calls["sess_1", 2] = replace(it.call, places=slots)
        it.start("host_a")
        await socket(it, 1)
        it.start("host_b")
        await asyncio.sleep(600)
        [place] = stores.places.list("guest:" + slots[0].split(":")[1].split("/")[0], 0).values()
        assert (place.holder, place.coming_until) == ("sess_1", 0)
        await it.kill("host_a")
        await it.followed_by("host_b")
        it.world.upstream.answer = refusing(404)
        (await socket(it, 2)).hang(1000)
        await until(lambda: it.call.status == "closed", 60)
        functions.take(Coming("guest:1", None, "sess_2", 2))

    fleet(story, Skewed(host_a=skew[0], host_b=skew[1]))
