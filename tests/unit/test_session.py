"""A session's life: attached, renewed, ended; every change is a new value."""

from dataclasses import replace
from datetime import timedelta

import pytest
from switchboard.domain import limits
from switchboard.domain.errors import SessionEnded, SessionWornOut
from switchboard.domain.session import RealtimeConfig

from tests.unit.fakes import START
from tests.unit.given import session

LATER = START + timedelta(minutes=1)


def test_a_new_call_replaces_the_old_and_raises_the_generation() -> None:
    first = session().attach("rtc_1", LATER)
    second = first.attach("rtc_2", LATER)
    assert (first.call_id, first.generation, first.call_generation) == ("rtc_1", 2, 2)
    assert (second.call_id, second.generation, second.call_generation) == ("rtc_2", 3, 3)


def test_the_same_call_again_is_the_same_session() -> None:
    attached = session().attach("rtc_1", LATER)
    assert attached.attach("rtc_1", LATER + timedelta(days=1)) is attached


def test_a_rotation_keeps_the_call_and_its_generation() -> None:
    rotated = session().attach("rtc_1", LATER).rotate("00000003#x", "Go on.", LATER)
    assert (rotated.call_id, rotated.call_generation, rotated.generation) == ("rtc_1", 2, 3)
    assert (rotated.secret_id, rotated.instructions, rotated.base_instructions) == (
        "00000003#x",
        "Go on.",
        "Be kind.",
    )


def test_an_ended_session_takes_no_call_and_no_secret() -> None:
    ended = session().end(LATER)
    with pytest.raises(SessionEnded):
        ended.attach("rtc_1", LATER)
    with pytest.raises(SessionEnded):
        ended.rotate("00000002#x", "", LATER)


def test_not_even_its_own_call_can_be_attached_to_an_ended_session() -> None:
    ended = session().attach("rtc_1", LATER).end(LATER)
    with pytest.raises(SessionEnded):
        ended.attach("rtc_1", LATER)


def test_a_session_wears_out_before_its_calls_are_too_many_to_list() -> None:
    worn = replace(session(), generation=limits.GENERATIONS)
    with pytest.raises(SessionWornOut):
        worn.attach("rtc_1", LATER)
    with pytest.raises(SessionWornOut):
        worn.rotate("00000002#x", "", LATER)
    assert replace(worn, call_id="rtc_1").attach("rtc_1", LATER).call_id == "rtc_1"


def test_ending_twice_is_ending_once() -> None:
    ended = session().end(LATER, replaced_by="sess_new")
    assert ended.end(LATER + timedelta(hours=1)) is ended
    assert (ended.ended_at, ended.replaced_by) == (LATER, "sess_new")


def test_facts_may_be_learnt_after_the_end() -> None:
    learnt = session().end(LATER).learn({"name": "Ann"}, "Be kind to Ann.", LATER)
    assert (learnt.status, learnt.profile) == ("ended", {"name": "Ann"})


def test_the_upstream_session_names_voice_words_and_turn_taking() -> None:
    config = RealtimeConfig("gpt-realtime-2.1", "marin", "Be kind.", "gpt-live-transcribe").as_session()
    assert config["type"] == "realtime"
    assert config["audio"]["output"]["voice"] == "marin"
    assert config["audio"]["input"]["transcription"] == {"model": "gpt-live-transcribe"}
    assert config["audio"]["input"]["turn_detection"]["create_response"] is True


def test_without_transcription_the_upstream_is_told_so() -> None:
    config = RealtimeConfig("gpt-realtime-2.1", "marin", "", None).as_session()
    assert config["audio"]["input"]["transcription"] is None
