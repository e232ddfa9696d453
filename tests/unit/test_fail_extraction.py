"""A failed extraction says so, and a success is not unsaid."""

from tests.unit.extractions import SCHEMA, Workflow, answer, started, with_talk
from tests.unit.fakes import World


def test_the_error_is_kept_by_name(world: World) -> None:
    with_talk(world, "Hello.")
    extraction = started(world)
    assert Workflow(world, extraction).step("fail_extraction", error="UpstreamBusy")["status"] == "failed"
    found = world.extractions.find(extraction.id)
    assert found
    assert (found.status, found.error) == ("failed", "UpstreamBusy")


def test_a_long_name_does_not_keep_a_failure_from_being_told(world: World) -> None:
    with_talk(world, "Hello.")
    extraction = started(world)
    Workflow(world, extraction).step("fail_extraction", error="x" * 5000)
    found = world.extractions.find(extraction.id)
    assert found
    assert found.status == "failed"
    assert len(found.error or "") <= 256


def test_a_profile_that_is_there_is_not_called_failed(world: World) -> None:
    with_talk(world, "I am Ann.")
    extraction = started(world, schema=SCHEMA)
    workflow = Workflow(world, extraction)
    world.model.answers = [answer("Ann", 1)]
    workflow.run()
    workflow.step("fail_extraction", error="Lambda.SdkClientException")  # the answer of the save was lost
    found = world.extractions.find(extraction.id)
    assert found
    assert (found.status, found.profile) == ("succeeded", {"name": "Ann"})
