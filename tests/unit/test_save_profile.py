"""The findings are joined, and session and extraction both hold the result."""

import pytest
from switchboard.domain import limits
from switchboard.domain.errors import SessionChanged

from tests.unit.extractions import SCHEMA, Workflow, answer, started, with_talk
from tests.unit.fakes import World
from tests.unit.given import SESSION_ID, Contended


def test_chunks_are_joined_in_the_order_of_the_talk(world: World) -> None:
    with_talk(world, *["word " * 380] * 14)
    extraction = started(world, schema=SCHEMA)
    workflow = Workflow(world, extraction)
    world.model.answers = [answer("Anna", 1), answer("Ann", 1)]
    for chunk in (1, 0):  # the last one is read first
        workflow.step("extract_chunk", chunk=chunk)
    workflow.step("save_profile")
    found = world.extractions.find(extraction.id)
    assert found
    assert found.profile == {"name": "Anna"}
    assert [piece.items for piece in found.evidence] == [("item_0", "item_12")]


def test_the_session_learns_even_while_others_change_it(world: World) -> None:
    with_talk(world, "I am Ann.")
    workflow = Workflow(world, started(world, schema=SCHEMA))
    world.model.answers = [answer("Ann", 1)]
    workflow.step("extract_chunk", chunk=0)
    Contended(world, times=limits.SESSION_TRIES - 1)
    workflow.step("save_profile")
    assert world.sessions.load(SESSION_ID).profile == {"name": "Ann"}


def test_an_extraction_whose_session_learnt_nothing_does_not_succeed(world: World) -> None:
    with_talk(world, "I am Ann.")
    extraction = started(world, schema=SCHEMA)
    Contended(world, times=limits.SESSION_TRIES)
    with pytest.raises(SessionChanged):
        Workflow(world, extraction).step("save_profile")
    found = world.extractions.find(extraction.id)
    assert found
    assert found.status == "running"


def test_saving_twice_is_saving_once(world: World) -> None:
    with_talk(world, "I am Ann.")
    extraction = started(world, schema=SCHEMA)
    workflow = Workflow(world, extraction)
    world.model.answers = [answer("Ann", 1)]
    workflow.run()
    first = world.extractions.find(extraction.id)
    workflow.step("save_profile")
    assert world.extractions.find(extraction.id) == first
