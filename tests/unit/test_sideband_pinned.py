"""A relayed call stays as it was pinned, whatever the browser sends, and nobody fights over it for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from sideband import limits
from sideband.conversation import Conversation
from sideband.journal import Journal
from sideband.pinned import Guard, Pinned, pinned_of
from switchboard.domain.call import Call, instructions_mark
from switchboard.domain.session import RealtimeConfig
from switchboard.domain.transcript import Transcript

from tests.unit.fakes import START
from tests.unit.given import SESSION_ID, session
from tests.unit.sideband_events import Event, error

MODEL = "gpt-live-transcribe"
TOOL = {"type": "function", "name": "look_up", "parameters": {"type": "object"}}
PINNED = Pinned("Be brief.", [TOOL], MODEL)


def effective(instructions: str = "Be brief.", tools: Any = None, transcription: Any = MODEL) -> Event:
    """What the upstream tells of a session's configuration."""
    heard = {"model": transcription, "language": None} if transcription else None
    return {
        "instructions": instructions,
        "tools": [{**TOOL, "description": None}] if tools is None else tools,
        "audio": {"input": {"transcription": heard, "turn_detection": {"type": "semantic_vad"}}},
    }


class Side:
    """A conversation under guard, and what its audit was told."""

    def __init__(self, pinned: Pinned = PINNED) -> None:
        self.told: list[tuple[str, Mapping[str, Any]]] = []
        guard = Guard(pinned, lambda event, facts: self.told.append((event, facts)))
        self.conversation = Conversation(Journal(Transcript(), 1), MODEL, guard)
        self.conversation.opened(0.0)

    def hear(self, event: Event, now: float = 0.0) -> list[Any]:
        return [orjson.loads(frame) for frame in self.conversation.take(orjson.dumps(event), now)]

    def updated(self, session: Event, now: float = 0.0) -> list[Any]:
        return self.hear({"type": "session.updated", "session": session}, now)


def test_a_call_that_is_as_it_was_pinned_is_left_alone() -> None:
    side = Side()
    assert side.updated(effective()) == []
    assert side.told == []


@pytest.mark.parametrize(
    ("changed", "fields", "sent"),
    [
        (effective("I am the client's."), ["instructions"], {"instructions": "Be brief."}),
        (effective(tools=[]), ["tools"], {"tools": [TOOL]}),
        (effective(tools=[{**TOOL, "name": "other"}]), ["tools"], {"tools": [TOOL]}),
        (
            effective(transcription="gpt-4o-mini-transcribe"),
            ["transcription"],
            {"audio": {"input": {"transcription": {"model": MODEL}}}},
        ),
        (
            effective("Mine.", [], None),
            ["instructions", "tools", "transcription"],
            {
                "instructions": "Be brief.",
                "tools": [TOOL],
                "audio": {"input": {"transcription": {"model": MODEL}}},
            },
        ),
    ],
)
def test_what_the_browser_overwrote_is_put_right_and_nothing_else(
    changed: Event, fields: list[str], sent: Event
) -> None:
    side = Side()
    [frame] = side.updated(changed)
    assert (frame["type"], frame["session"]) == ("session.update", {"type": "realtime", **sent})
    assert side.told == [("config.reasserted", {"fields": fields})]


def test_what_was_not_pinned_is_the_browsers_to_choose() -> None:
    side = Side(Pinned(None, None, MODEL))
    assert side.updated(effective("Mine.", [TOOL, {**TOOL, "name": "mine"}])) == []


def test_no_transcription_is_a_choice_too() -> None:
    side = Side(Pinned(None, None, None))
    [frame] = side.updated(effective())
    assert frame["session"]["audio"] == {"input": {"transcription": None}}


def test_a_client_that_insists_is_given_up_and_the_audit_says_so_once() -> None:
    side = Side()
    answers = [side.updated(effective("Mine."), now) for now in range(limits.REASSERTS + 3)]
    assert [len(frames) for frames in answers] == [1] * limits.REASSERTS + [0] * 3
    assert [event for event, _ in side.told] == ["config.reasserted"] * limits.REASSERTS + ["config.given_up"]


def test_given_up_is_given_up() -> None:
    side = Side()
    for now in range(limits.REASSERTS + 1):
        side.updated(effective("Mine."), now)
    assert side.updated(effective("Mine."), limits.REASSERT_WINDOW * 10) == []


def test_who_changes_it_now_and_then_is_corrected_every_time() -> None:
    side = Side()
    for times in range(limits.REASSERTS * 3):
        assert len(side.updated(effective("Mine."), times * limits.REASSERT_WINDOW)) == 1


def test_an_upstream_that_refuses_the_correction_is_not_asked_again() -> None:
    side = Side()
    [frame] = side.updated(effective("Mine."))
    assert side.hear(error(frame["event_id"], "invalid_value")) == []
    assert side.updated(effective("Mine."), 1.0) == []
    assert [event for event, _ in side.told] == ["config.reasserted", "config.refused"]


def test_anothers_refused_event_changes_nothing() -> None:
    side = Side()
    side.updated(effective("Mine."))
    side.hear(error("browser_1", "invalid_value"))
    assert len(side.updated(effective("Mine."), 1.0)) == 1


@pytest.mark.parametrize("nonsense", [{}, {"audio": None}, {"audio": {"input": []}}, {"tools": "x"}])
def test_nonsense_from_the_upstream_is_a_difference_and_no_crash(nonsense: Event) -> None:
    assert len(Side().updated(nonsense)) == 1


def test_the_audit_never_holds_the_words() -> None:
    side = Side()
    side.updated(effective("Mine, and secret."))
    assert "secret" not in repr(side.told)
    assert "brief" not in repr(side.told)


def relayed(**changes: Any) -> Pinned | None:
    placed = Call(SESSION_ID, 2, "rtc_1", START, pinned=instructions_mark("Be kind."))
    return pinned_of(placed, session(mode="relay", **changes), MODEL)


def test_a_relayed_call_is_pinned_to_its_sessions_configuration() -> None:
    assert relayed(tools=[TOOL]) == Pinned("Be kind.", [TOOL], MODEL)
    assert relayed(transcription=False) == Pinned("Be kind.", None, None)


def test_a_call_created_by_the_browser_is_not_pinned() -> None:
    assert pinned_of(Call(SESSION_ID, 2, "rtc_1", START), session(), MODEL) is None


def test_after_a_renewal_the_old_calls_instructions_are_left_as_they_are() -> None:
    renewed = relayed(instructions="Be kind. The conversation so far: …")
    assert renewed is not None
    assert renewed.instructions is None


def test_empty_instructions_are_the_browsers_to_choose() -> None:
    placed = Call(SESSION_ID, 2, "rtc_1", START, pinned=instructions_mark(""))
    pinned = pinned_of(placed, session(mode="relay", instructions=""), MODEL)
    assert pinned is not None
    assert pinned.instructions is None


def test_the_configuration_that_a_call_is_placed_with_is_no_difference() -> None:
    config = RealtimeConfig("gpt-realtime-2.1", "marin", "Be brief.", MODEL, [TOOL])
    assert PINNED.drift(config.as_session()) == ()
