"""Opening a session mints a secret and leaves a record; a refresh ends the old one, and only then."""

import pytest
from pydantic import ValidationError
from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest, NotFound, SessionChanged, UpstreamRefused
from switchboard.usecases.create_session import CreateSession, SessionCreated, create_session

from tests.unit.fakes import World
from tests.unit.given import (
    ANN,
    BOB,
    NOBODYS_ID,
    SESSION_ID,
    Contended,
    attached,
    ended_session,
    open_session,
)


def create(world: World, **fields: object) -> SessionCreated:
    return create_session(CreateSession.model_validate(fields), ANN, world)


def test_a_new_session_is_stored_with_its_secret(world: World) -> None:
    answer = create(world, instructions="Be brief.")
    stored = world.sessions.get(answer.session_id, ANN.owner)
    assert (stored.status, stored.generation, stored.instructions) == ("open", 1, "Be brief.")
    secret = world.secrets.get(stored.id, stored.secret_id)
    assert (secret.value, secret.expires_at) == (answer.client_secret, answer.expires_at)
    assert answer.call_id is None


def test_what_the_caller_leaves_open_is_as_configured(world: World) -> None:
    answer = create(world)
    config, _ = world.upstream.minted[0]
    assert (answer.model, answer.voice) == ("gpt-realtime-2.1", "marin")
    assert config.transcription_model == "gpt-live-transcribe"


def test_what_the_caller_asks_for_is_minted(world: World) -> None:
    create(world, model="gpt-realtime-2.1-mini", voice="cedar", enableTranscription=False, instructions="Hi.")
    config, safety_identifier = world.upstream.minted[0]
    assert (config.model, config.voice, config.instructions) == ("gpt-realtime-2.1-mini", "cedar", "Hi.")
    assert config.transcription_model is None
    assert safety_identifier == ANN.safety_identifier


def test_a_refused_mint_leaves_nothing(world: World) -> None:
    old = open_session(world)
    world.upstream.refuses = UpstreamRefused("no")
    with pytest.raises(UpstreamRefused):
        create(world, reset=old.id)
    assert world.sessions.list(ANN.owner).items == (old.id,)
    assert world.sessions.load(old.id) == old
    assert world.hints == []


VOICE = {"upstream_status": 400, "upstream_param": "session.audio.output.voice"}


def test_a_voice_that_the_upstream_does_not_know_is_the_callers_mistake(world: World) -> None:
    world.upstream.refuses = UpstreamRefused("no", details=VOICE)
    with pytest.raises(InvalidRequest) as raised:
        create(world, voice="nobody")
    assert raised.value.details == {"fields": [{"field": "voice", "problem": "is not accepted by OpenAI"}]}


def test_a_voice_that_the_caller_did_not_choose_is_ours(world: World) -> None:
    world.upstream.refuses = UpstreamRefused("no", details=VOICE)
    with pytest.raises(UpstreamRefused):
        create(world)


def test_a_refresh_ends_the_old_session_and_names_the_new(world: World) -> None:
    old = attached(world, open_session(world), "rtc_1")
    answer = create(world, reset=old.id)
    ended = world.sessions.load(old.id)
    assert (ended.status, ended.replaced_by) == ("ended", answer.session_id)
    assert world.hints == [("end", old.id, "rtc_1")]


def test_nothing_of_the_old_session_is_reused(world: World) -> None:
    old = open_session(world, voice="cedar", instructions="Secretive.", profile={"name": "Ann"})
    answer = create(world, reset=old.id)
    new = world.sessions.load(answer.session_id)
    assert (new.voice, new.instructions, new.profile) == ("marin", "", None)


def test_an_ended_session_may_still_be_refreshed(world: World) -> None:
    old = ended_session(world)
    answer = create(world, reset=old.id)
    assert world.sessions.load(answer.session_id).status == "open"
    assert world.sessions.load(old.id) == old


@pytest.mark.parametrize("reset", [SESSION_ID, NOBODYS_ID])
def test_a_session_of_nobody_or_anothers_cannot_be_reset(world: World, reset: str) -> None:
    open_session(world)
    with pytest.raises(NotFound) as caught:
        create_session(CreateSession.model_validate({"reset": reset}), BOB, world)
    assert caught.value.message == "There is no such session."
    assert world.upstream.minted == []
    assert world.sessions.load(SESSION_ID).status == "open"


def test_a_refresh_gets_its_way_against_changes_of_the_old_session(world: World) -> None:
    old = open_session(world)
    Contended(world, times=limits.SESSION_TRIES - 1)
    answer = create(world, reset=old.id)
    assert world.sessions.load(old.id).replaced_by == answer.session_id
    assert len(world.upstream.minted) == 1


def test_if_the_old_session_cannot_be_ended_there_is_no_new_one(world: World) -> None:
    old = open_session(world)
    Contended(world, times=limits.SESSION_TRIES)
    with pytest.raises(SessionChanged):
        create(world, reset=old.id)
    assert world.sessions.list(ANN.owner).items == (old.id,)
    assert world.hints == []


def test_the_answer_does_not_show_its_secret(world: World) -> None:
    answer = create(world)
    assert answer.client_secret not in repr(answer)
    assert answer.client_secret in answer.model_dump_json(by_alias=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"session_id": "x"},
        {"unknown": 1},
        {"enable_transcription": True},
        {"enableTranscription": "true"},
        {"enableTranscription": 1},
        {"instructions": None},
        {"instructions": 7},
        {"instructions": "x" * (limits.INSTRUCTIONS_CHARS + 1)},
        {"model": ""},
        {"model": "a b"},
        {"model": "a\n"},
        {"model": "x" * 65},
        {"voice": "../x"},
        {"voice": ["marin"]},
        {"reset": "sess_"},
        {"reset": SESSION_ID + "\n"},
        {"reset": SESSION_ID.upper()},
        {"mode": "relayed"},
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        CreateSession.model_validate(fields)
    assert "input_value" not in str(caught.value)
