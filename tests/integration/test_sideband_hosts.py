"""Several hosts share the calls, hand them over, and take over from the dead."""

from __future__ import annotations

import asyncio
from typing import Any

from switchboard.domain.transcript import GAP

from dev.simulator.caller import finished
from tests.integration.sideband_rig import MemoryQueue, Rig, rig, until
from tests.integration.test_sideband_follow import SCRIPTS, begin

LONG = {
    "name": "long",
    "steps": [
        step for n in range(12) for step in ({"user": f"Question {n}?"}, {"assistant": f"Answer {n}."})
    ],
}


PAUSED = {
    "name": "long",
    "steps": [
        {"user": "Hello?"},
        {"assistant": "Hello."},
        {"pause": 9},
        {"user": "Are you still there?"},
        {"assistant": "I am."},
    ],
}


async def spread(it: Rig, calls: int) -> list[Any]:
    return [await begin(it, f"sess_{number}", "long") for number in range(calls)]


async def test_a_leaving_host_hands_its_calls_over_and_nothing_is_lost_or_doubled() -> None:
    async with rig(speed=4, scripts={"long": LONG}) as it:
        first = it.start("host_a")
        calls = await spread(it, 5)
        await until(lambda: all(len(it.items(call)) > 3 for call in calls))
        it.start("host_b")
        await it.leave(first)
        assert {it.find(call).lease for call in calls} <= {1, 2}
        assert "host_a" not in {beat.host for beat in it.stores.hosts.list()}
        for call in calls:
            await it.plays(call)
            assert it.find(call).host == "host_b"


async def test_a_dead_hosts_calls_are_taken_over_and_nothing_is_lost_or_doubled() -> None:
    async with rig(speed=1, scripts={"long": PAUSED}) as it:
        first = it.start("host_a")
        calls = await spread(it, 5)
        await until(lambda: all(len(it.items(call)) > 1 for call in calls))
        second = it.start("host_b")
        await it.kill(first)
        await until(lambda: all(it.find(call).host == "host_b" for call in calls))
        for call in calls:
            await it.plays(call)
        assert second.shared.metrics.takeovers == 5


async def test_a_host_that_dies_while_much_is_said_leaves_a_gap_but_nothing_doubled() -> None:
    async with rig(speed=1, scripts={"long": LONG}) as it:
        first = it.start("host_a")
        (call,) = await spread(it, 1)
        await until(lambda: len(it.items(call)) > 1)
        before = it.understood(call)
        it.start("host_b")
        await it.kill(first)
        await it.caller.truth(call.call_id, finished, 60)
        told = await it.truth(call)
        await until(lambda: it.understood(call)[-1:] == told[-1:])
        understood = it.understood(call)
        assert [line for line in told if line in understood] == understood
        assert {name for name, _ in before} <= {name for name, _ in understood}
        assert [item.status for item in it.items(call) if item.kind == GAP] == ["lost"]


async def test_a_host_that_lost_its_lease_stops_at_once_and_writes_nothing_more() -> None:
    async with rig(speed=2, scripts={"long": LONG}) as it:
        first = it.start("host_a")
        call = await begin(it, script="long")
        await until(lambda: len(it.items(call)) > 2)
        thief = it.stores.calls.claim(it.find(call), "host_x")
        it.stores.hosts.beat("host_x", 1, 1)
        pages = it.stores.transcripts.pages(call.session_id, call.generation)
        it.stores.transcripts.seal(thief, pages[-1].number)
        before = it.stores.transcripts.pages(call.session_id, call.generation)
        await until(lambda: not first.roster.follows)
        assert it.stores.transcripts.pages(call.session_id, call.generation) == before
        assert (await it.caller.truth(call.call_id))["state"] == "live"


async def test_an_end_reaches_the_host_that_follows() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.start("host_a", queue=MemoryQueue())
        call = await begin(it)
        await until(lambda: it.find(call).attached_at)
        it.start("host_b")
        it.end("sess_1")
        await until(lambda: it.find(call).reason == "ended")
        assert (it.find(call).host, it.find(call).lease) == ("host_a", 1)


async def test_hosts_share_a_burst_of_calls() -> None:
    async with rig(speed=4, scripts={"long": LONG}) as it:
        hosts = [it.start(f"host_{name}") for name in "abc"]
        calls = await spread(it, 30)
        await until(lambda: all(it.find(call).attached_at for call in calls))
        assert all(len(host.roster.follows) >= 3 for host in hosts)


async def test_a_full_host_leaves_calls_to_others() -> None:
    async with rig(speed=4, scripts={"long": LONG}) as it:
        small = it.start("host_a", capacity=2)
        calls = await spread(it, 5)
        await until(lambda: len(small.roster.follows) == 2)
        it.start("host_b")
        await until(lambda: all(it.find(call).attached_at for call in calls))
        assert len(small.roster.follows) == 2
        await asyncio.sleep(0)
