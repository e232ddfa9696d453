"""The session takes up the new secret unless somebody was faster."""

import pytest
from switchboard.domain.errors import (
    SessionChanged,
)

from tests.unit.fakes import World
from tests.unit.given import (
    SESSION_ID,
    open_session,
    talk,
    write_talk,
)
from tests.unit.renewals import Workflow


def test_of_two_renewals_at_once_one_wins(world: World) -> None:
    open_session(world)
    write_talk(world, talk("Hello."))
    one, two = Workflow(world), Workflow(world)
    for name in ("load_renewal", "digest_transcript", "mint_secret"):
        one.step(name)
        two.step(name)
    winner = two.step("rotate_session")
    with pytest.raises(SessionChanged):
        one.step("rotate_session")
    assert world.sessions.load(SESSION_ID).secret_id == winner["secretId"]


def test_a_rotation_repeated_after_a_lost_answer_is_content(world: World) -> None:
    open_session(world)
    workflow = Workflow(world)
    workflow.run()
    after = world.sessions.load(SESSION_ID)
    assert workflow.step("rotate_session")["generation"] == after.generation
    assert world.sessions.load(SESSION_ID) == after


def test_a_digest_that_came_too_late_for_the_secret_is_not_claimed_afterwards(world: World) -> None:
    open_session(world)
    write_talk(world, talk("Hello."))
    workflow = Workflow(world)
    workflow.step("load_renewal", "mint_secret", "digest_transcript")
    workflow.state["restored"] = "none"  # as the secret was minted
    workflow.step("rotate_session")
    assert world.sessions.load(SESSION_ID).instructions == "Be kind."


def test_a_digest_that_a_later_talk_replaced_ends_the_renewal(world: World) -> None:
    open_session(world)
    write_talk(world, talk("Hello."))
    workflow = Workflow(world)
    workflow.step("load_renewal", "digest_transcript", "mint_secret")
    write_talk(world, talk("Hello.", "Hi."), revision=2)
    Workflow(world).step("load_renewal", "digest_transcript")
    with pytest.raises(SessionChanged):
        workflow.step("rotate_session")
