"""What calls use is counted and stored, and calls past their bounds are hung up, told in leaps of time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import ClassVar, cast

import pytest
from sideband import ending, limits
from sideband.bounds import Bounds
from sideband.deps import Allowance, Deps
from sideband.roster import Roster
from switchboard.domain.call import Call, Lease
from switchboard.domain.price import Totals
from switchboard.stores.memory_calls import MemoryCalls

from tests.unit.sideband_events import Event, reply, transcribed
from tests.unit.sideband_fleet import Fleet, fleet
from tests.unit.sideband_scene import Scene, scene
from tests.unit.sideband_world import START, AtOnce, FakeSocket, P, R, World, refusing, until

PRICED = {"m": {"output_text": 1_000_000.0}}


class Bounded(World):
    """A world whose hosts hang up."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__()
        self.allowance = allowance

    def deps(self) -> Deps:
        return replace(super().deps(), allowance=self.allowance, prices=PRICED)


def billed(response: str, tokens: int) -> Event:
    usage = {"output_tokens": tokens, "output_token_details": {"text_tokens": tokens}}
    return {"type": "response.done", "response": {"id": response, "status": "completed", "usage": usage}}


async def followed(it: Fleet) -> FakeSocket:
    it.start("host_a")
    await until(lambda: it.world.upstream.sockets and it.world.upstream.sockets[0].sent)
    return it.world.upstream.sockets[0]


def test_what_a_call_uses_is_stored_while_it_lasts_and_each_response_once() -> None:
    async def story(it: Fleet) -> None:
        socket = await followed(it)
        await asyncio.sleep(limits.METER)
        socket.say(billed("r1", 3), billed("r1", 3), billed("r2", 4))
        await until(lambda: it.call.usage == {"response": {"output_text": 7}}, limits.METER + 5)

    fleet(story)


def test_the_last_usage_is_stored_as_the_call_ends() -> None:
    async def story(it: Fleet) -> None:
        socket = await followed(it)
        socket.say(billed("r1", 3), billed("r2", 4))
        await asyncio.sleep(0.1)
        it.world.upstream.answer = refusing(404)
        socket.hang(1000)
        await until(lambda: it.call.status == "closed", 60)
        assert it.call.usage == {"response": {"output_text": 7}}

    fleet(story)


def test_who_takes_over_counts_on() -> None:
    async def story(it: Fleet) -> None:
        socket = await followed(it)
        socket.say(billed("r1", 3))
        await until(lambda: it.call.usage, 120)
        it.start("host_b")
        await it.kill("host_a")
        await it.followed_by("host_b")
        await until(lambda: len(it.world.upstream.sockets) > 1 and it.world.upstream.sockets[1].sent)
        it.world.upstream.sockets[1].say(billed("r2", 4))
        await until(lambda: it.call.usage == {"response": {"output_text": 7}}, 120)

    fleet(story)


@pytest.mark.parametrize(
    ("allowance", "reason"),
    [(Allowance(idle=60), "idle"), (Allowance(longest=300), "too_long"), (Allowance(budget=10), "budget")],
)
def test_a_call_past_a_bound_is_hung_up_with_its_reason(allowance: Allowance, reason: str) -> None:
    async def story(it: Fleet) -> None:
        socket = await followed(it)
        socket.say(billed("r1", 12))
        await until(lambda: it.call.status == "closed", 400)
        assert it.call.reason == reason
        assert it.world.upstream.hung_up

    fleet(story, Bounded(allowance))


def test_words_keep_a_call_from_being_idle_and_housekeeping_does_not() -> None:
    async def story(it: Fleet) -> None:
        socket = await followed(it)
        for number in range(5):
            await asyncio.sleep(50)
            socket.say(*reply(f"a{number}", f"a{number - 1}" if number else None, "Yes."))
        assert it.call.status == "followed"
        for _ in range(5):
            await asyncio.sleep(20)
            socket.say({"type": "rate_limits.updated"}, {"type": "session.updated", "session": {}})
        assert (it.call.status, it.call.reason) == ("closed", "idle")

    fleet(story, Bounded(Allowance(idle=60)))


def test_a_budget_counts_the_sessions_earlier_calls() -> None:
    async def story(it: Fleet) -> None:
        earlier = {"response": {"output_text": 9}}
        it.world.stores.calls.add(Call("sess_1", 1, "rtc_0", START, status="closed", usage=earlier))
        socket = await followed(it)
        await asyncio.sleep(limits.METER)
        socket.say(billed("r1", 2), transcribed("u1", "Hello."))
        await until(lambda: it.call.status == "closed", 60)
        assert it.call.reason == "budget"

    fleet(story, Bounded(Allowance(budget=10)))


def test_a_session_that_has_spent_its_budget_gets_no_further_call_for_nothing() -> None:
    async def story(it: Fleet) -> None:
        earlier = {"response": {"output_text": 10}}
        it.world.stores.calls.add(Call("sess_1", 1, "rtc_0", START, status="closed", usage=earlier))
        await followed(it)
        await until(lambda: it.call.status == "closed", 60)
        assert (it.call.reason, it.call.usage) == ("budget", None)
        assert it.world.upstream.hung_up

    fleet(story, Bounded(Allowance(budget=10)))


def test_a_model_without_a_price_does_not_escape_the_budget() -> None:
    async def story(it: Fleet) -> None:
        socket = await followed(it)
        socket.say({"type": "session.updated", "session": {"model": "made-up"}}, billed("r1", 12))
        await until(lambda: it.call.status == "closed", 60)
        assert it.call.reason == "budget"

    fleet(story, Bounded(Allowance(budget=10)))


@pytest.mark.parametrize(
    ("allowance", "reason"), [(Allowance(longest=300), "too_long"), (Allowance(budget=10), "budget")]
)
def test_what_a_call_has_used_up_it_has_used_up_for_whoever_takes_it_over(
    allowance: Allowance, reason: str
) -> None:
    async def story(it: Fleet) -> None:
        socket = await followed(it)
        socket.say(billed("r1", 9))
        await until(lambda: it.call.usage, 120)
        await asyncio.sleep(200)
        it.start("host_b")
        await it.kill("host_a")
        await it.followed_by("host_b")
        await until(lambda: len(it.world.upstream.sockets) > 1 and it.world.upstream.sockets[1].sent)
        it.world.upstream.sockets[1].say(billed("r2", 2))
        await until(lambda: it.call.status == "closed", 120)
        assert it.call.reason == reason
        assert it.call.usage == {"response": {"output_text": 11}}
        assert it.world.upstream.hung_up

    fleet(story, Bounded(allowance))


def test_a_host_that_hands_over_and_hears_on_bills_nothing_twice() -> None:
    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await until(lambda: it.world.upstream.sockets and it.world.upstream.sockets[0].sent)
        first = it.world.upstream.sockets[0]
        first.say(billed("r1", 3))
        it.start("host_b")
        await asyncio.sleep(5)
        host.stop()
        await until(lambda: len(it.world.upstream.sockets) > 1 and it.world.upstream.sockets[1].sent)
        for socket in it.world.upstream.sockets:  # both hear it
            socket.say(billed("r2", 4))
        await asyncio.sleep(3 * limits.METER)
        assert it.call.host == "host_b"
        assert it.call.usage == {"response": {"output_text": 7}}

    fleet(story)


class Overtaken(AtOnce):
    """A lane in which the first metering takes longer than the second, and closing longer than both."""

    seconds: ClassVar = {"meter": 8.0, "close": 12.0}

    def __init__(self) -> None:
        super().__init__()
        self._left = dict(self.seconds)

    async def __call__(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        await asyncio.sleep(self._left.pop(getattr(work, "__name__", ""), 0.0))
        return work(*args, **kwargs)


def test_a_metering_that_is_late_does_not_undo_the_last_one() -> None:
    async def story(it: Fleet) -> None:
        socket = await followed(it)
        await asyncio.sleep(limits.METER)
        socket.say(billed("r1", 3))
        await asyncio.sleep(1.2 * limits.BOUNDS + 0.5)
        socket.say(billed("r2", 4))
        await asyncio.sleep(0.1)
        it.world.upstream.answer = refusing(404)
        socket.hang(1000)
        await until(lambda: it.call.status == "closed", 60)
        assert it.call.usage == {"response": {"output_text": 7}}

    fleet(story, World(lanes={"table": Overtaken()}))


class Held(Overtaken):
    """A lane in which the first metering takes two seconds."""

    seconds: ClassVar = {"meter": 2.0}


def test_a_metering_under_way_holds_up_no_handover_and_ends_no_overlap() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        bounds = Bounds(it.shared, cast(Roster, SimpleNamespace(follows={("sess_1", 2): it.follow})))
        await asyncio.sleep(limits.METER)
        socket.say(billed("r1", 3))
        await asyncio.sleep(0.1)
        await bounds.step()
        await asyncio.sleep(0.1)
        it.follow.stop(ending.Released(linger=True))
        await until(lambda: it.call.status == "pending", 1)
        await asyncio.sleep(Held.seconds["meter"])
        socket.say(*reply("a1", None, "Still here."))
        await until(lambda: [item.text for item in it.items if item.text] == ["Still here."], 2)

    scene(story, World(lanes={"table": Held()}))


def test_a_metering_that_hangs_holds_up_no_hang_up() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        bounds = Bounds(it.shared, cast(Roster, SimpleNamespace(follows={("sess_1", 2): it.follow})))
        socket.say(billed("r1", 3))
        await asyncio.sleep(limits.METER)
        begun = asyncio.get_running_loop().time()
        await bounds.step()
        assert asyncio.get_running_loop().time() == begun
        await asyncio.sleep(0.1)
        assert not it.follow.is_due

    scene(story, World(lanes={"table": Held()}))


class Denied(MemoryCalls):
    """Meters nothing, for a reason that nobody expects."""

    def meter(self, lease: Lease, usage: Totals) -> None:
        raise RuntimeError("the key is sk-secret")


def test_a_metering_that_fails_for_whatever_reason_is_told_without_its_words_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.keep_calls(Denied())

    async def story(it: Scene) -> None:
        socket = await it.socket()
        bounds = Bounds(it.shared, cast(Roster, SimpleNamespace(follows={("sess_1", 2): it.follow})))
        socket.say(billed("r1", 3))
        await asyncio.sleep(limits.METER)
        await bounds.step()
        await asyncio.sleep(0.1)
        assert it.follow.is_due
        it.follow.stop(ending.Lost())

    with caplog.at_level("WARNING"):
        scene(story, world)
    assert "meter.failed" in caplog.text
    assert "sk-secret" not in caplog.text + str([vars(record) for record in caplog.records])
