"""Ending a session, once or often, ends it once."""

import pytest
from switchboard.domain import limits
from switchboard.domain.errors import NotFound
from switchboard.domain.principal import Principal
from switchboard.usecases.end_session import EndSession, SessionEndedAnswer, end_session

from tests.unit.fakes import START, World
from tests.unit.given import ANN, BOB, NOBODYS_ID, SESSION_ID, Contended, attached, open_session


def end(world: World, session_id: str = SESSION_ID, principal: Principal = ANN) -> SessionEndedAnswer:
    return end_session(EndSession.model_validate({"sessionId": session_id}), principal, world)


def test_an_ended_session_says_since_when_and_its_call_is_hung_up(world: World) -> None:
    attached(world, open_session(world), "rtc_1")
    answer = end(world)
    assert (answer.status, answer.ended_at) == ("ended", START)
    assert world.sessions.load(SESSION_ID).status == "ended"
    assert world.hints == [("end", SESSION_ID, "rtc_1")]


def test_ending_again_changes_nothing_and_repeats_the_hint(world: World) -> None:
    open_session(world)
    first = end(world)
    world.time.sleep(60)
    assert end(world) == first
    assert len(world.hints) == 2


@pytest.mark.parametrize("session_id", [SESSION_ID, NOBODYS_ID])
def test_anothers_session_looks_like_no_session(world: World, session_id: str) -> None:
    open_session(world)
    with pytest.raises(NotFound) as caught:
        end(world, session_id, BOB)
    assert caught.value.message == "There is no such session."
    assert world.sessions.load(SESSION_ID).status == "open"
    assert world.hints == []


def test_an_end_gets_its_way_against_other_changes(world: World) -> None:
    open_session(world)
    Contended(world, times=limits.SESSION_TRIES - 1)
    assert end(world).status == "ended"
