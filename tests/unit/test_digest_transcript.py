"""A digest says as much of the talk as fits, and truthfully how much that is."""

from switchboard.domain import limits
from switchboard.domain.errors import UpstreamUnavailable

from tests.unit.fakes import World
from tests.unit.given import open_session, said, talk, write_talk
from tests.unit.renewals import long_talk, renew


def test_a_short_talk_is_restored_in_full(world: World) -> None:
    open_session(world)
    write_talk(world, talk("My name is Ann.", "Hello Ann."))
    answer = renew(world)
    assert answer.restored == "full"
    assert "user: My name is Ann.\nassistant: Hello Ann." in answer.instructions
    assert world.model.asked == []


def test_a_long_talk_is_restored_as_its_end_and_a_summary_of_the_rest(world: World) -> None:
    open_session(world)
    write_talk(world, long_talk())
    world.model.answers = ["They said blah."]
    answer = renew(world)
    assert answer.restored == "digest"
    assert "Before: They said blah." in answer.instructions
    assert "19 blah" in answer.instructions
    assert "user: 0 blah" not in answer.instructions
    assert "user: 0 blah" in world.model.asked[0]["text"]
    assert len(answer.instructions) < limits.DIGEST_CHARS + 1000


def test_without_a_summary_the_end_of_the_talk_is_restored(world: World) -> None:
    open_session(world)
    write_talk(world, long_talk())
    world.model.answers = [UpstreamUnavailable("no")]
    answer = renew(world)
    assert answer.restored == "digest"
    assert "19 blah" in answer.instructions


def test_a_talk_with_words_still_awaited_is_not_restored_in_full(world: World) -> None:
    open_session(world)
    write_talk(world, [*talk("Hello.", "Hi."), said("item_9", "", lost=True, kind="unknown")])
    assert renew(world).restored == "digest"


def test_a_talk_without_words_restores_nothing(world: World) -> None:
    open_session(world)
    answer = renew(world)
    assert (answer.restored, answer.instructions) == ("none", "Be kind.")


def test_a_digest_is_made_once_per_version(world: World) -> None:
    open_session(world)
    write_talk(world, long_talk())
    world.model.answers = ["They said blah."]
    renew(world)
    renew(world)
    assert len(world.model.asked) == 1
