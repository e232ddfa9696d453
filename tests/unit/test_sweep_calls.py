"""Calls that no host follows are found and hung up, and nobody who does follow one is disturbed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from switchboard.domain import limits
from switchboard.domain.call import Call
from switchboard.domain.errors import UpstreamBusy, UpstreamRefused, UpstreamUnavailable
from switchboard.usecases.end_session import EndSession, end_session
from switchboard.usecases.sweep_calls import CallsSwept

from tests.unit.fakes import World
from tests.unit.given import ANN, SESSION_ID, open_session
from tests.unit.sweeping import PATIENCE, attach, call, held, sweep


def told(world: World, name: str) -> list[float]:
    return [value for known, value in world.counts if known == name]


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
