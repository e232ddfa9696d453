"""What the transcript of a call that no host follows any more keeps, and what becomes of its host."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

import pytest
from switchboard.domain import limits
from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import LeaseLost
from switchboard.domain.transcript import Transcript, fold, merge_entries, order, to_entry
from switchboard.domain.transcript.limits import ITEMS_MAX
from switchboard.usecases.sweep_calls import CallsSwept
from switchboard.usecases.unheard import close_unheard

from tests.unit.fakes import World
from tests.unit.given import SESSION_ID, open_session
from tests.unit.sideband_events import done, reply
from tests.unit.sweeping import PATIENCE, attach, call, held, sweep


def lines(world: World, generation: int = 2) -> list[tuple[str, str, str]]:
    pages = world.stores.transcripts.pages(SESSION_ID, generation)
    items = order(merge_entries(entry for page in pages for entry in page.entries).items.values())
    return [(item.kind, item.status, item.text) for item in items]


def followed(world: World, host: str) -> Call:
    """Let a host follow the call, and hear some of it."""
    attach(world)
    lease = world.calls.claim(call(world), host)
    world.calls.attached(lease, "client_secret", world.clock())
    world.stores.hosts.beat(host, 1, 1)
    said = fold(Transcript(), done("a1", None, "Hello."))
    said = fold(said, {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 7})
    world.stores.transcripts.write(lease, 1, 1, [to_entry(item) for item in said.items.values()])
    return call(world)


def test_a_call_whose_host_died_with_all_others_is_ended(world: World) -> None:
    open_session(world)
    followed(world, "host_1")
    world.time.sleep(PATIENCE - 1)
    assert sweep(world).ended == 0
    world.time.sleep(2)
    assert sweep(world).ended == 1
    assert (call(world).status, call(world).reason) == ("closed", "abandoned")
    assert world.upstream.hung_up_with == ["ek_first", None]
    assert held(world) == 0


def test_what_nobody_heard_of_an_ended_call_is_a_gap_and_what_was_begun_is_final(world: World) -> None:
    open_session(world)
    followed(world, "host_1")
    world.time.sleep(PATIENCE + 1)
    sweep(world)
    assert lines(world) == [
        ("message", "completed", "Hello."),
        ("message", "untranscribed", ""),
        ("gap", "lost", ""),
    ]


def test_a_call_that_nobody_ever_heard_is_one_gap_unless_it_was_not_to_be(world: World) -> None:
    open_session(world)
    attach(world)
    world.time.sleep(PATIENCE)
    sweep(world)
    assert lines(world) == [("gap", "lost", "")]


def test_a_host_that_was_thought_dead_can_write_nothing_behind_the_end(world: World) -> None:
    open_session(world)
    late = followed(world, "host_1")
    world.time.sleep(PATIENCE + 1)
    sweep(world)
    lease = Lease(SESSION_ID, late.generation, late.call_id, "host_1", late.lease)
    for number in (1, 2):
        with pytest.raises(LeaseLost):
            world.stores.transcripts.write(lease, number, 9, [{"id": "late"}])
    with pytest.raises(LeaseLost):
        world.calls.meter(lease, {})


def test_a_host_whose_heart_beats_keeps_its_calls(world: World) -> None:
    open_session(world)
    followed(world, "host_1")
    world.time.sleep(PATIENCE + 1)
    world.stores.hosts.beat("host_1", 2, 1)
    assert sweep(world) == CallsSwept(ended=0, claimed=0, left=0)
    assert call(world).status == "followed"


def test_a_host_whose_clock_is_minutes_late_keeps_its_calls(world: World) -> None:
    open_session(world)
    followed(world, "host_1")
    world.time.sleep(PATIENCE + 1)

    def beat_meanwhile(seconds: float) -> None:
        right = world.time.now
        world.time.now = right - timedelta(seconds=PATIENCE + 1)
        world.stores.hosts.beat("host_1", 2, 1)
        world.time.now = right

    world.sleep = beat_meanwhile
    assert sweep(world).ended == 0
    assert world.stores.hosts.silent(PATIENCE) == ("host_1",)


def test_a_gap_is_written_once_however_often_a_sweep_begins_anew(world: World) -> None:
    open_session(world)
    attach(world)
    world.time.sleep(PATIENCE)
    lease = world.calls.claim(call(world), limits.UNFOLLOWED_HOST)
    close_unheard(lease, world)
    close_unheard(lease, world)
    assert sweep(world).ended == 1
    assert len(world.stores.transcripts.pages(SESSION_ID, 2)) == 1
    assert lines(world) == [("gap", "lost", "")]


def test_a_long_call_has_room_for_its_gap(world: World) -> None:
    open_session(world)
    attach(world)
    lease = world.calls.claim(call(world), "host_1")
    said = Transcript()
    for number in range(ITEMS_MAX):
        name, before = f"a{number}", f"a{number - 1}" if number else None
        said = reduce(fold, reply(name, before, "Yes."), said)
    world.stores.transcripts.write(lease, 1, 1, [to_entry(item) for item in said.items.values()])
    close_unheard(world.calls.claim(call(world), limits.UNFOLLOWED_HOST), world)
    assert lines(world)[-1] == ("gap", "lost", "")
