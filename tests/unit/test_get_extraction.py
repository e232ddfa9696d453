"""Looking at an extraction: running, done or failed, and another's is none."""

import pytest
from switchboard.domain import limits
from switchboard.domain.errors import ExtractionFailed, NotFound
from switchboard.domain.principal import Principal
from switchboard.usecases.get_extraction import ExtractionAnswer, GetExtraction, get_extraction

from tests.unit.extractions import SCHEMA, Workflow, answer, started, with_talk
from tests.unit.fakes import World
from tests.unit.given import ANN, BOB


def get(world: World, extraction_id: str, principal: Principal = ANN) -> ExtractionAnswer:
    return get_extraction(GetExtraction.model_validate({"extractionId": extraction_id}), principal, world)


def test_a_running_one_says_so_and_holds_nothing_yet(world: World) -> None:
    with_talk(world, "Hello.")
    found = get(world, started(world).id)
    assert (found.status, found.profile, found.instructions, found.evidence) == ("running", None, None, [])


def test_a_finished_one_holds_the_profile(world: World) -> None:
    with_talk(world, "I am Ann.")
    extraction = started(world, schema=SCHEMA)
    world.model.answers = [answer("Ann", 1)]
    Workflow(world, extraction).run()
    assert get(world, extraction.id).profile == {"name": "Ann"}


def test_a_failed_one_names_the_reason(world: World) -> None:
    with_talk(world, "Hello.")
    extraction = started(world)
    Workflow(world, extraction).step("fail_extraction", error="UpstreamBusy")
    with pytest.raises(ExtractionFailed) as caught:
        get(world, extraction.id)
    assert caught.value.details == {"extractionId": extraction.id, "reason": "UpstreamBusy"}


def test_one_that_died_without_a_word_has_failed_at_its_deadline(world: World) -> None:
    with_talk(world, "Hello.")
    extraction = started(world)
    world.time.sleep(limits.EXTRACT_DEADLINE_SECONDS)
    with pytest.raises(ExtractionFailed) as caught:
        get(world, extraction.id)
    assert (caught.value.details or {})["reason"] == "States.Timeout"


@pytest.mark.parametrize("mine", [True, False])
def test_anothers_extraction_looks_like_none(world: World, mine: bool) -> None:
    with_talk(world, "Hello.")
    extraction_id = started(world).id if mine else "ext_" + "0" * 32
    with pytest.raises(NotFound) as caught:
        get(world, extraction_id, BOB)
    assert caught.value.message == "There is no such extraction."
