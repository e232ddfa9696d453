"""Attaching names the current call and sends the sideband after it, however often it is said."""

import pytest
from pydantic import ValidationError
from switchboard.domain import limits
from switchboard.domain.errors import CallTaken, NotFound, SessionChanged, SessionEnded
from switchboard.domain.principal import Principal
from switchboard.usecases.attach_call import AttachCall, CallAttached, attach_call

from tests.unit.fakes import World
from tests.unit.given import (
    ANN,
    BOB,
    NOBODYS_ID,
    OTHER_ID,
    SESSION_ID,
    Contended,
    ended_session,
    open_session,
)


def attach(
    world: World, call_id: str = "rtc_1", session_id: str = SESSION_ID, principal: Principal = ANN
) -> CallAttached:
    request = AttachCall.model_validate({"sessionId": session_id, "callId": call_id})
    return attach_call(request, principal, world)


def test_a_call_is_attached_and_the_sideband_told(world: World) -> None:
    open_session(world)
    answer = attach(world)
    assert (answer.call_id, answer.generation) == ("rtc_1", 2)
    [call] = world.calls.list(SESSION_ID)
    assert (call.call_id, call.generation, call.status) == ("rtc_1", 2, "pending")
    assert world.hints == [("follow", SESSION_ID, "rtc_1")]


def test_the_same_call_again_changes_nothing_and_repeats_the_hint(world: World) -> None:
    open_session(world)
    first = attach(world)
    stored = world.sessions.load(SESSION_ID)
    world.time.sleep(60)
    assert attach(world) == first
    assert world.sessions.load(SESSION_ID) == stored
    assert len(world.calls.list(SESSION_ID)) == 1
    assert world.hints == [("follow", SESSION_ID, "rtc_1")] * 2


def test_a_new_call_replaces_the_old_and_both_are_kept(world: World) -> None:
    open_session(world)
    attach(world, "rtc_1")
    assert attach(world, "rtc_2").generation == 3
    assert world.sessions.load(SESSION_ID).call_id == "rtc_2"
    assert [call.call_id for call in world.calls.list(SESSION_ID)] == ["rtc_1", "rtc_2"]


def test_an_earlier_call_may_become_current_again(world: World) -> None:
    open_session(world)
    assert [attach(world, call).generation for call in ("rtc_1", "rtc_2", "rtc_1")] == [2, 3, 4]


def test_a_call_of_another_session_is_taken(world: World) -> None:
    open_session(world)
    open_session(world, OTHER_ID, owner=BOB.owner)
    attach(world, "rtc_1", OTHER_ID, BOB)
    before = world.sessions.load(SESSION_ID)
    with pytest.raises(CallTaken):
        attach(world, "rtc_1")
    assert world.sessions.load(SESSION_ID) == before
    assert world.calls.list(SESSION_ID) == ()
    assert world.hints == [("follow", OTHER_ID, "rtc_1")]


def test_an_ended_session_takes_no_call(world: World) -> None:
    ended_session(world)
    with pytest.raises(SessionEnded):
        attach(world)
    assert world.hints == []


@pytest.mark.parametrize("session_id", [SESSION_ID, NOBODYS_ID])
def test_anothers_session_looks_like_no_session(world: World, session_id: str) -> None:
    open_session(world)
    with pytest.raises(NotFound) as caught:
        attach(world, session_id=session_id, principal=BOB)
    assert caught.value.message == "There is no such session."
    assert world.hints == []


def test_an_attach_gets_its_way_against_other_changes(world: World) -> None:
    open_session(world)
    Contended(world, times=limits.SESSION_TRIES - 1)
    assert attach(world).call_id == "rtc_1"


def test_an_attach_that_is_never_fast_enough_says_so(world: World) -> None:
    open_session(world)
    Contended(world, times=limits.SESSION_TRIES)
    with pytest.raises(SessionChanged):
        attach(world)
    assert world.calls.list(SESSION_ID) == ()


@pytest.mark.parametrize(
    "call_id", ["", "rtc_", "call_1", "rtc_1/hangup", "rtc_../x", "rtc_1\n", "rtc_" + "x" * 129, None, 7]
)
def test_a_call_id_that_is_none_is_refused(call_id: object) -> None:
    with pytest.raises(ValidationError):
        AttachCall.model_validate({"sessionId": SESSION_ID, "callId": call_id})
