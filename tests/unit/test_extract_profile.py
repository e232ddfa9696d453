"""Asking for a profile: one question is one execution, and the answer waits if it can."""

from typing import Any

import pytest
from pydantic import ValidationError
from switchboard.domain import limits
from switchboard.domain.errors import (
    ExtractionFailed,
    InvalidRequest,
    NotFound,
    NothingToExtract,
    UpstreamRefused,
)
from switchboard.domain.extraction import DEFAULT_SCHEMA, Extraction
from switchboard.usecases.extract_profile import ExtractProfile, extract_profile

from tests.unit.extractions import SCHEMA, Workflow, answer, extract, runs_at_once, with_talk
from tests.unit.fakes import World
from tests.unit.given import BOB, NOBODYS_ID, SESSION_ID, ended_session, open_session, talk, write_talk


def test_a_profile_comes_with_its_evidence_and_new_instructions(world: World) -> None:
    with_talk(world, "Hello.", "Hi.", "I am Ann.")
    runs_at_once(world)
    world.model.answers = [answer("Ann", 3)]
    found = extract(world, schema=SCHEMA)
    assert (found.status, found.profile) == ("succeeded", {"name": "Ann"})
    assert [(piece.field, piece.items) for piece in found.evidence] == [("name", ["item_2"])]
    assert found.instructions is not None
    assert '{"name": "Ann"}' in found.instructions
    session = world.sessions.load(SESSION_ID)
    assert (session.profile, session.instructions) == (found.profile, found.instructions)


def test_without_a_schema_the_default_one_is_used(world: World) -> None:
    with_talk(world, "Hello.")
    assert extract(world).status == "running"
    [extraction] = world.engine.executions.values()
    assert extraction.schema == DEFAULT_SCHEMA


def test_the_same_question_twice_is_one_execution(world: World) -> None:
    with_talk(world, "Hello.")
    first, second = extract(world), extract(world)
    assert first == second
    assert len(world.engine.executions) == 1


def test_a_finished_extraction_is_answered_without_a_new_one(world: World) -> None:
    with_talk(world, "I am Ann.")
    runs_at_once(world)
    world.model.answers = [answer("Ann", 1)]
    assert extract(world, schema=SCHEMA) == extract(world, schema=SCHEMA)
    assert len(world.model.asked) == 1


def test_new_words_or_another_schema_are_another_question(world: World) -> None:
    with_talk(world, "Hello.")
    ids = {extract(world).extraction_id, extract(world, schema=SCHEMA).extraction_id}
    write_talk(world, talk("Hello.", "Hi."), revision=2)
    ids.add(extract(world).extraction_id)
    assert len(ids) == 3


def test_a_schema_written_otherwise_is_the_same_question(world: World) -> None:
    with_talk(world, "Hello.")
    reordered = dict(reversed(SCHEMA.items()))
    assert extract(world, schema=SCHEMA) == extract(world, schema={**reordered, "title": "Person"})


def test_a_failed_extraction_says_why_and_is_tried_again_when_asked_again(world: World) -> None:
    with_talk(world, "I am Ann.")
    runs_at_once(world)
    world.model.answers = [UpstreamRefused("no"), answer("Ann", 1)]
    with pytest.raises(ExtractionFailed) as caught:
        extract(world, schema=SCHEMA)
    assert (caught.value.details or {})["reason"] == "UpstreamRefused"
    assert extract(world, schema=SCHEMA).profile == {"name": "Ann"}
    assert [name[-2:] for name in world.engine.executions] == ["-1", "-2"]


def test_one_that_died_without_a_word_is_tried_again_after_its_deadline(world: World) -> None:
    with_talk(world, "Hello.")
    extract(world)
    world.time.sleep(limits.EXTRACT_DEADLINE_SECONDS)
    assert extract(world).status == "running"
    assert [name[-2:] for name in world.engine.executions] == ["-1", "-2"]


def test_one_whose_execution_was_never_started_is_started_by_whoever_asks_next(world: World) -> None:
    with_talk(world, "Hello.")
    key = extract(world).extraction_id
    world.engine.executions.clear()
    extract(world)
    assert list(world.engine.executions) == [f"{key}-1"]


def test_whoever_waits_gets_the_answer_as_soon_as_it_is_there(world: World) -> None:
    with_talk(world, "I am Ann.")
    world.model.answers = [answer("Ann", 1)]
    began = world.clock()
    waiting: list[Extraction] = []
    world.engine.on_extract = waiting.append

    def sleep(seconds: float) -> None:
        world.time.sleep(seconds)
        if (world.clock() - began).total_seconds() >= 5 and waiting:
            Workflow(world, waiting.pop()).run()

    world.sleep = sleep
    assert extract(world, schema=SCHEMA).status == "succeeded"
    assert 5 <= (world.clock() - began).total_seconds() < 6


def test_nobody_waits_longer_than_promised(world: World) -> None:
    with_talk(world, "Hello.")
    began = world.clock()
    assert extract(world).status == "running"
    waited = (world.clock() - began).total_seconds()
    assert limits.EXTRACT_WAIT_SECONDS <= waited < limits.EXTRACT_WAIT_SECONDS + 1


def test_a_talk_without_words_cannot_be_read(world: World) -> None:
    open_session(world)
    with pytest.raises(NothingToExtract) as caught:
        extract(world)
    assert caught.value.retry_after
    assert world.engine.executions == {}


def test_what_was_said_may_be_read_after_the_end(world: World) -> None:
    ended_session(world)
    write_talk(world, talk("I am Ann."))
    runs_at_once(world)
    world.model.answers = [answer("Ann", 1)]
    assert extract(world, schema=SCHEMA).status == "succeeded"
    assert world.sessions.load(SESSION_ID).status == "ended"


@pytest.mark.parametrize(
    "schema", [{}, {"type": "array"}, {"type": "object", "properties": {"a": {"$ref": "x"}}}]
)
def test_a_bad_schema_is_refused_whether_or_not_there_are_words(world: World, schema: dict[str, Any]) -> None:
    open_session(world)
    with pytest.raises(InvalidRequest):
        extract(world, schema=schema)
    write_talk(world, talk("Hello."))
    with pytest.raises(InvalidRequest):
        extract(world, schema=schema)
    assert world.engine.executions == {}


@pytest.mark.parametrize("schema", ["x", [], 7, True])
def test_a_schema_that_is_no_object_is_refused(schema: object) -> None:
    with pytest.raises(ValidationError):
        ExtractProfile.model_validate({"sessionId": SESSION_ID, "schema": schema})


@pytest.mark.parametrize("session_id", [SESSION_ID, NOBODYS_ID])
def test_anothers_session_looks_like_no_session(world: World, session_id: str) -> None:
    with_talk(world, "Hello.")
    with pytest.raises(NotFound) as caught:
        extract_profile(ExtractProfile.model_validate({"sessionId": session_id}), BOB, world)
    assert caught.value.message == "There is no such session."
    assert world.engine.executions == {}
