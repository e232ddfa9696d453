"""Calls that no host follows are found and hung up, and nobody who does follow one is disturbed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest
from switchboard.domain import limits
from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import LeaseLost, UpstreamBusy, UpstreamRefused, UpstreamUnavailable
from switchboard.domain.transcript import Transcript, fold, merge_entries, order, to_entry
from switchboard.domain.transcript.limits import ITEMS_MAX
from switchboard.usecases.attach_call import AttachCall, attach_call
from switchboard.usecases.end_session import EndSession, end_session
from switchboard.usecases.sweep_calls import CallsSwept, SweepCalls, sweep_calls
from switchboard.usecases.unheard import close_unheard

from tests.unit.fakes import World
from tests.unit.given import ANN, SESSION_ID, open_session
from tests.unit.sideband_events import done, reply

PATIENCE = limits.UNFOLLOWED_SECONDS


def sweep(world: World) -> CallsSwept:
    return sweep_calls(SweepCalls(), world)


def attach(world: World, call_id: str = "rtc_1") -> Call:
    attach_call(AttachCall.model_validate({"sessionId": SESSION_ID, "callId": call_id}), ANN, world)
    return call(world)


def call(world: World) -> Call:
    return world.calls.list(SESSION_ID)[-1]


def told(world: World, name: str) -> list[float]:
    return [value for known, value in world.counts if known == name]


def held(world: World) -> int:
    """How many places the calls hold, of everybody's pool."""
    used = world.places.used()
    assert used is not None
    return round(used * limits.CALLS_FLEET / 100)


def test_a_call_that_nobody_claims_is_hung_up_and_closed(world: World) -> None:
    open_session(world)
    attach(world)
    world.time.sleep(PATIENCE)
    assert sweep(world) == CallsSwept(ended=1, claimed=0, left=0)
    assert (call(world).status, call(world).reason) == ("closed", "never_attached")
    assert world.upstream.hung_up_with == ["ek_first", None]
    assert told(world, "CallsUnfollowed") == [1]
    [entry] = world.audits.list(SESSION_ID, 5)
    assert (entry.event, entry.facts["reason"]) == ("call.ended", "never_attached")


def test_its_place_is_free_for_another(world: World) -> None:
    open_session(world)
    attach(world)
    assert held(world) == 1
    world.time.sleep(PATIENCE)
    sweep(world)
    assert held(world) == 0


def test_a_call_is_given_time_to_be_claimed(world: World) -> None:
    open_session(world)
    attach(world)
    world.time.sleep(PATIENCE - 1)
    assert sweep(world) == CallsSwept(ended=0, claimed=0, left=0)
    assert world.upstream.hung_up == []


def test_a_call_that_a_host_gave_back_is_given_time_anew(world: World) -> None:
    open_session(world)
    lease = world.calls.claim(attach(world), "host_1")
    world.calls.attached(lease, "client_secret", world.clock())
    world.time.sleep(10 * PATIENCE)
    world.calls.release(lease, world.clock())
    assert sweep(world).ended == 0
    world.time.sleep(PATIENCE)
    assert sweep(world).ended == 1
    assert call(world).reason == "abandoned"


def test_a_call_that_a_host_follows_is_left_alone(world: World) -> None:
    open_session(world)
    world.calls.claim(attach(world), "host_1")
    world.time.sleep(10 * PATIENCE)
    assert sweep(world) == CallsSwept(ended=0, claimed=0, left=0)


def test_a_host_that_claims_at_the_same_moment_keeps_the_call(world: World) -> None:
    open_session(world)
    seen = attach(world)
    world.time.sleep(PATIENCE)
    world.stores.calls.list_pending = lambda *_, **__: (seen,)  # type: ignore[method-assign]  # read a moment ago
    world.calls.claim(seen, "host_1")
    assert sweep(world) == CallsSwept(ended=0, claimed=1, left=0)
    assert world.upstream.hung_up == []
    assert held(world) == 1


def test_a_host_that_takes_the_call_over_meanwhile_closes_it(world: World) -> None:
    open_session(world)
    attach(world)
    world.time.sleep(PATIENCE)
    world.upstream.on_hang_up = lambda: claim_once(world)
    assert sweep(world) == CallsSwept(ended=0, claimed=1, left=0)
    assert (call(world).status, call(world).host) == ("followed", "host_1")


def claim_once(world: World) -> None:
    if call(world).host != "host_1":
        world.calls.claim(call(world), "host_1")


@pytest.mark.parametrize("trouble", [UpstreamUnavailable, UpstreamBusy])
def test_a_hang_up_that_fails_is_repeated_by_the_next_sweep(
    world: World, trouble: type[UpstreamUnavailable | UpstreamBusy]
) -> None:
    open_session(world)
    attach(world)
    world.time.sleep(PATIENCE)
    world.upstream.on_hang_up = lambda: raised(trouble("no"))
    assert sweep(world) == CallsSwept(ended=0, claimed=0, left=1)
    assert told(world, "CallsUnfollowedLeft") == [1]
    world.upstream.on_hang_up = lambda: None
    world.time.sleep(60)
    assert sweep(world) == CallsSwept(ended=1, claimed=0, left=0)
    assert call(world).reason == "never_attached"


def raised(error: Exception) -> None:
    raise error


def test_a_key_that_is_refused_does_not_keep_the_others_from_being_tried(world: World) -> None:
    open_session(world)
    attach(world)
    world.time.sleep(PATIENCE)
    tries = iter([UpstreamRefused("expired"), None])
    world.upstream.on_hang_up = lambda: raised(error) if (error := next(tries)) else None
    assert sweep(world).ended == 1
    assert world.upstream.hung_up_with == [None]


def test_a_call_that_no_key_ends_is_closed_once_the_upstream_must_have_ended_it(world: World) -> None:
    open_session(world)
    attach(world)
    world.upstream.on_hang_up = lambda: raised(UpstreamRefused("no"))
    world.time.sleep(PATIENCE)
    assert sweep(world).left == 1
    world.time.sleep(limits.CALL_LONGEST_SECONDS)
    assert sweep(world).ended == 1


def test_a_call_that_was_turned_away_is_ended_for_that(world: World) -> None:
    open_session(world)
    seen = attach(world)
    world.stores.calls.add(replace(seen, unwanted="too_many_calls"))
    world.time.sleep(PATIENCE)
    sweep(world)
    assert call(world).reason == "too_many_calls"


def test_a_call_whose_session_has_ended_or_has_a_newer_one_is_ended_for_that(world: World) -> None:
    open_session(world)
    attach(world, "rtc_1")
    attach(world, "rtc_2")
    end_session(EndSession.model_validate({"sessionId": SESSION_ID}), ANN, world)
    world.time.sleep(PATIENCE)
    assert sweep(world).ended == 2
    assert {each.reason for each in world.calls.list(SESSION_ID)} == {"ended"}


def test_a_sweep_again_finds_nothing(world: World) -> None:
    open_session(world)
    attach(world)
    world.time.sleep(PATIENCE)
    sweep(world)
    before = call(world)
    assert sweep(world) == CallsSwept(ended=0, claimed=0, left=0)
    assert call(world) == before


def test_a_sweep_stops_in_time_and_the_next_one_goes_on(world: World) -> None:
    for number in range(30):
        open_session(world, session_id := f"sess_{number:032x}", owner=f"user:{number}")
        session = world.sessions.load(session_id)
        changed = session.attach(f"rtc_{number}", world.clock())
        fresh = Call(session_id, changed.call_generation, f"rtc_{number}", world.clock(), pinned="mark")
        world.sessions.attach(changed, fresh)
    world.time.sleep(PATIENCE)
    world.upstream.on_hang_up = lambda: world.time.sleep(limits.UNFOLLOWED_BUDGET_SECONDS / 5)
    swept = [sweep(world)]
    assert 0 < swept[0].ended < 30
    while swept[-1].left:
        assert len(swept) < 10
        swept.append(sweep(world))
    assert sum(each.ended for each in swept) == 30


def test_every_sweep_tells_how_many_of_the_fleets_calls_live(world: World) -> None:
    open_session(world)
    attach(world)
    sweep(world)
    assert told(world, "FleetCallsUsed") == [round(100 / limits.CALLS_FLEET, 1)]


def test_a_place_that_has_lapsed_is_nobodys_though_its_row_is_still_there(world: World) -> None:
    open_session(world)
    attach(world)
    assert held(world) == 1
    world.time.sleep(limits.CALL_COMING_SECONDS)
    assert held(world) == 0


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
