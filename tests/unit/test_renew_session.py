"""A renewal from request to answer, through every step of its workflow."""

import pytest
from switchboard.domain import limits
from switchboard.domain.errors import (
    NotFound,
    SessionEnded,
)
from switchboard.domain.ports.workflows import Renewal
from switchboard.domain.session import Session
from switchboard.usecases.renew_session import RenewSession, renew_session

from tests.unit.fakes import World
from tests.unit.given import (
    ANN,
    BOB,
    NOBODYS_ID,
    SESSION_ID,
    attached,
    ended_session,
    open_session,
    talk,
    write_talk,
)
from tests.unit.renewals import STEPS, Workflow, renew


def test_a_renewal_gives_a_new_secret_and_keeps_session_and_call(world: World) -> None:
    before = attached(world, open_session(world), "rtc_1")
    answer = renew(world)
    after = world.sessions.load(SESSION_ID)
    assert (answer.session_id, answer.call_id) == (SESSION_ID, "rtc_1")
    assert answer.client_secret == world.secrets.get(SESSION_ID, after.secret_id).value != "ek_first"
    assert (after.generation, after.call_generation) == (before.generation + 1, before.call_generation)


def test_no_secret_and_no_word_passes_through_the_workflow(world: World) -> None:
    open_session(world, profile={"name": "Ann"})
    write_talk(world, talk("My pin is 1234.", "Noted."))
    workflow = Workflow(world)
    workflow.run()
    passed = repr(workflow.passed)
    for hidden in ("ek_", "1234", "Noted", "Ann", "Be kind"):
        assert hidden not in passed
    assert workflow.state["secretId"] == world.sessions.load(SESSION_ID).secret_id


@pytest.mark.parametrize("step", ["load_renewal", "mint_secret", "rotate_session"])
def test_a_session_that_ends_meanwhile_is_not_renewed(world: World, step: str) -> None:
    before = open_session(world)
    workflow = Workflow(world)
    for name in STEPS:
        if name == step:
            world.sessions.save(before.end(world.clock()))
            with pytest.raises(SessionEnded):
                workflow.step(name)
            return
        workflow.step(name)


def test_a_session_that_ends_after_its_rotation_hands_out_no_secret(world: World) -> None:
    open_session(world)

    def run(session_id: str) -> Renewal:
        renewal = Workflow(world, session_id).run()
        world.sessions.save(world.sessions.load(session_id).end(world.clock()))
        return renewal

    world.engine.on_renew = run
    with pytest.raises(SessionEnded):
        renew_session(RenewSession.model_validate({"sessionId": SESSION_ID}), ANN, world)


def test_an_ended_session_is_refused_before_the_workflow_starts(world: World) -> None:
    ended_session(world)
    with pytest.raises(SessionEnded):
        renew(world)
    assert world.upstream.minted == []


@pytest.mark.parametrize("session_id", [SESSION_ID, NOBODYS_ID])
def test_anothers_session_looks_like_no_session(world: World, session_id: str) -> None:
    open_session(world)
    with pytest.raises(NotFound) as caught:
        renew_session(RenewSession.model_validate({"sessionId": session_id}), BOB, world)
    assert caught.value.message == "There is no such session."


def test_a_secret_that_expired_meanwhile_is_not_handed_out(world: World) -> None:
    open_session(world)

    def run(session_id: str) -> Renewal:
        renewal = Workflow(world, session_id).run()
        world.time.sleep(limits.CLIENT_SECRET_SECONDS)
        return renewal

    world.engine.on_renew = run
    with pytest.raises(NotFound):
        renew_session(RenewSession.model_validate({"sessionId": SESSION_ID}), ANN, world)


def test_the_answer_does_not_show_its_secret(world: World) -> None:
    session: Session = open_session(world)
    answer = renew(world, session.id)
    assert answer.client_secret not in repr(answer)
