"""A followed call holds its place among those that live at once, and gives it back when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from sideband import ending
from switchboard.domain import limits
from switchboard.domain.place import Place, Slot
from switchboard.domain.places import Coming, Places

from tests.unit.sideband_scene import Scene, scene
from tests.unit.sideband_world import AtOnce, P, R, World, now, refusing


def held(it: Scene) -> Place | None:
    [slot] = it.follow.call.places
    return it.world.stores.places.find(Slot.parse(slot))


def holding(it: Scene) -> Places:
    """Let the call hold a place, as it does when it was relayed or attached."""
    places = Places(it.world.stores.places, {"guest": 1}, now, lambda *_: None)
    slots = places.take(Coming("guest:1", None, "sess_1", 2))
    it.follow.call = replace(it.follow.call, places=slots)
    return places


def seconds() -> int:
    return int(now().timestamp())


def test_a_call_that_is_heard_holds_its_place_for_as_long_as_it_can_last() -> None:
    async def story(it: Scene) -> None:
        holding(it)
        await it.socket()
        await asyncio.sleep(1)
        place = held(it)
        assert place
        assert place.coming_until == 0
        assert place.heard_until >= seconds() + limits.CALL_LONGEST_SECONDS - 2

    scene(story)


def test_a_call_that_ends_gives_its_place_back() -> None:
    async def story(it: Scene) -> None:
        holding(it)
        await it.socket()
        it.follow.stop(ending.ENDED)
        await it.over()
        assert held(it) is None

    scene(story)


def test_a_call_that_nobody_lets_us_onto_gives_its_place_back() -> None:
    async def story(it: Scene) -> None:
        holding(it)
        it.upstream.answer = refusing(404)
        await it.over()
        assert it.call.reason == "not_found"
        assert held(it) is None

    scene(story)


def test_a_replaced_call_leaves_the_place_to_its_successor() -> None:
    async def story(it: Scene) -> None:
        places = holding(it)
        await it.socket()
        slots = places.take(Coming("guest:1", None, "sess_1", 4, it.follow.call.places))
        assert slots == it.follow.call.places
        it.follow.stop(ending.REPLACED)
        await it.over()
        place = held(it)
        assert place
        assert (place.coming, place.heard_until) == (4, 0)

    scene(story)


def test_a_call_that_is_handed_over_keeps_its_place() -> None:
    async def story(it: Scene) -> None:
        holding(it)
        await it.socket()
        await asyncio.sleep(1)
        it.follow.stop(ending.Released())
        await it.over()
        assert held(it)

    scene(story)


def test_a_call_that_is_not_wanted_is_hung_up_with_every_key_and_never_heard() -> None:
    async def story(it: Scene) -> None:
        it.follow.stop(ending.UNWANTED)
        await it.over()
        assert it.upstream.tries == []
        assert [key for _, key in it.upstream.hung_up] == ["ek_1", "sk-ours"]
        assert it.call.reason == "too_many_calls"

    scene(story)


class LateToSettle(AtOnce):
    """A lane in which to hold a place takes seconds, and cannot be cancelled, as work of threads cannot."""

    async def __call__(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        async def do() -> R:
            await asyncio.sleep(5 if getattr(work, "__name__", "") == "settle" else 0)
            return work(*args, **kwargs)

        return await asyncio.shield(asyncio.create_task(do()))


def test_a_call_that_ends_while_its_place_is_being_held_gives_it_back_all_the_same() -> None:
    async def story(it: Scene) -> None:
        holding(it)
        await it.socket()
        it.follow.stop(ending.ENDED)
        await it.over()
        await asyncio.sleep(10)
        assert held(it) is None

    scene(story, World(lanes={"table": LateToSettle()}))
