"""The first step of a renewal notes what session and transcript it found."""

import pytest
from switchboard.domain.errors import (
    NotFound,
    SessionEnded,
)

from tests.unit.fakes import World
from tests.unit.given import (
    NOBODYS_ID,
    ended_session,
    open_session,
    talk,
    write_talk,
)
from tests.unit.renewals import Workflow


def test_an_unknown_session_fails_the_first_step(world: World) -> None:
    with pytest.raises(NotFound):
        Workflow(world, NOBODYS_ID).step("load_renewal")


def test_the_versions_of_session_and_transcript_are_noted(world: World) -> None:
    session = open_session(world)
    empty = Workflow(world).step("load_renewal")
    assert (empty["version"], empty["generation"]) == (session.version, session.generation)
    write_talk(world, talk("Hello."))
    assert Workflow(world).step("load_renewal")["transcriptVersion"] != empty["transcriptVersion"]


def test_an_ended_session_fails_the_first_step(world: World) -> None:
    ended_session(world)
    with pytest.raises(SessionEnded):
        Workflow(world).step("load_renewal")
