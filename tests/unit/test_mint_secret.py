"""The new secret carries what is known; it stays behind, and only its name goes on."""

import pytest
from switchboard.domain.errors import (
    SessionChanged,
    UpstreamRefused,
)

from tests.unit.fakes import World
from tests.unit.given import (
    ANN,
    SESSION_ID,
    open_session,
    talk,
    write_talk,
)
from tests.unit.renewals import Workflow, renew


def test_the_new_call_hears_what_the_answer_says(world: World) -> None:
    open_session(world, model="gpt-realtime-2", voice="cedar", transcription=False)
    write_talk(world, talk("Hello."))
    answer = renew(world)
    config, safety_identifier = world.upstream.minted[0]
    assert config.instructions == answer.instructions
    assert (config.model, config.voice, config.transcription_model) == ("gpt-realtime-2", "cedar", None)
    assert safety_identifier == ANN.safety_identifier


def test_what_is_known_of_the_person_is_told_again(world: World) -> None:
    open_session(world, profile={"name": "Ann"})
    assert '{"name": "Ann"}' in renew(world).instructions


def test_a_second_renewal_does_not_quote_the_first(world: World) -> None:
    open_session(world)
    write_talk(world, talk("Hello."))
    assert renew(world).instructions == renew(world).instructions


def test_a_renewal_that_was_overtaken_mints_no_secret(world: World) -> None:
    open_session(world)
    late = Workflow(world)
    late.step("load_renewal", "digest_transcript")
    Workflow(world).run()
    with pytest.raises(SessionChanged):
        late.step("mint_secret")
    assert len(world.upstream.minted) == 1


def test_a_refused_mint_keeps_nothing(world: World) -> None:
    session = open_session(world)
    workflow = Workflow(world)
    workflow.step("load_renewal", "digest_transcript")
    world.upstream.refuses = UpstreamRefused("no")
    with pytest.raises(UpstreamRefused):
        workflow.step("mint_secret")
    assert [secret.value for secret in world.secrets.list(SESSION_ID)] == ["ek_first"]
    assert world.sessions.load(SESSION_ID) == session
