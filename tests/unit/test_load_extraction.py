"""The first step of an extraction counts the chunks."""

import pytest
from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest, NotFound
from switchboard.domain.extraction import DEFAULT_SCHEMA, Extraction

from tests.unit.extractions import Workflow, started, with_talk
from tests.unit.fakes import START, World
from tests.unit.given import ANN, SESSION_ID


def test_a_short_talk_is_one_chunk(world: World) -> None:
    with_talk(world, "Hello.", "Hi.")
    assert Workflow(world, started(world)).step("load_extraction")["chunks"] == [0]


def test_a_long_talk_is_as_many_chunks_as_it_needs(world: World) -> None:
    with_talk(world, *["word " * 380] * 30)  # about 57,000 characters
    assert Workflow(world, started(world)).step("load_extraction")["chunks"] == [0, 1, 2]


def test_a_talk_longer_than_anybody_can_talk_is_refused(world: World) -> None:
    with_talk(world, *["word " * 390] * (limits.EXTRACT_CHUNKS * 13))
    with pytest.raises(InvalidRequest):
        Workflow(world, started(world)).step("load_extraction")


def test_an_extraction_that_is_gone_fails(world: World) -> None:
    gone = Extraction("ext_" + "0" * 32, SESSION_ID, ANN.owner, "v", DEFAULT_SCHEMA, started_at=START)
    for step, more in (("load_extraction", {}), ("extract_chunk", {"chunk": 0}), ("save_profile", {})):
        with pytest.raises(NotFound):
            Workflow(world, gone).step(step, **more)
