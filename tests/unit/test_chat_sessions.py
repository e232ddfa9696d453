"""Showing, cancelling, listing and sweeping chat sessions, and what is recorded of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from switchboard.domain import chat_limits as limits
from switchboard.domain.chat_session import ChatSession
from switchboard.domain.errors import (
    ChatEnded,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    UnknownAgent,
    UpstreamUnavailable,
)
from switchboard.usecases.cancel_chat_session import CancelChatSession, cancel_chat_session
from switchboard.usecases.chat_view import ChatSessionView
from switchboard.usecases.create_chat_session import CreateChatSession, create_chat_session
from switchboard.usecases.get_chat_session import GetChatSession, get_chat_session
from switchboard.usecases.record_chat_event import ChatEventRecorded, RecordChatEvent, record_chat_event
from switchboard.usecases.sweep_chats import ChatsSwept, SweepChats, sweep_chats

from tests.unit.chat_world import ANN, BOB, ChatWorld

NOBODYS = "chat_" + "f" * 44


@pytest.fixture
def world() -> ChatWorld:
    return ChatWorld()


@pytest.fixture
def chat(world: ChatWorld) -> ChatSession:
    """A chat session of Ann's."""
    create_chat_session(CreateChatSession.model_validate({"agent_id": "assistant"}), ANN, world)
    return world.only_chat()


def show(world: ChatWorld, chat_id: str, who: Any = ANN) -> ChatSessionView:
    return get_chat_session(GetChatSession(session_id=chat_id), who, world)


def cancel(world: ChatWorld, chat_id: str, who: Any = ANN) -> ChatSessionView:
    return cancel_chat_session(CancelChatSession(session_id=chat_id), who, world)


def record(world: ChatWorld, chat_id: str, kind: str, who: Any = ANN, **payload: Any) -> ChatEventRecorded:
    request = RecordChatEvent(session_id=chat_id, type=kind, payload=payload)
    return record_chat_event(request, who, world)


def sweep(world: ChatWorld) -> ChatsSwept:
    return sweep_chats(SweepChats(), world)


def test_the_record_is_joined_with_what_is_known_of_the_upstream(world: ChatWorld, chat: ChatSession) -> None:
    seen = show(world, chat.id)
    assert (seen.chatkit.session_id, seen.chatkit.status) == ("cksess_1", "active")
    assert seen.chatkit.client_secret is None


def test_the_clock_ends_what_nobody_has_swept_yet(world: ChatWorld, chat: ChatSession) -> None:
    world.time.sleep(600)
    seen = show(world, chat.id)
    assert (seen.status, seen.reason, seen.chatkit.status) == ("ended", "expired", "expired")


@pytest.mark.parametrize("act", [show, cancel])
def test_anothers_looks_like_none(world: ChatWorld, chat: ChatSession, act: Any) -> None:
    for chat_id, who in ((chat.id, BOB), (NOBODYS, ANN)):
        with pytest.raises(NotFound) as refused:
            act(world, chat_id, who)
        assert refused.value.message == "There is no such chat session."


def test_a_cancel_ends_it_here_and_upstream_with_an_audit_event(world: ChatWorld, chat: ChatSession) -> None:
    answer = cancel(world, chat.id)
    assert (answer.status, answer.reason, answer.chatkit.status) == ("ended", "cancelled", "cancelled")
    assert world.hosted.live == {}
    assert [event.type for event in world.chats.list_events(chat.id)] == ["session_cancelled"]
    assert world.counted("ChatSessionsCancelled") == [1]


def test_a_second_cancel_changes_nothing(world: ChatWorld, chat: ChatSession) -> None:
    first = cancel(world, chat.id)
    world.time.sleep(5)
    assert cancel(world, chat.id) == first
    assert world.hosted.cancels == ["cksess_1"]
    assert len(world.chats.list_events(chat.id)) == 1
    assert world.counted("ChatSessionsCancelled") == [1]


def test_a_cancel_that_the_upstream_does_not_take_is_repeated(world: ChatWorld, chat: ChatSession) -> None:
    world.hosted.refuses_cancel = UpstreamUnavailable("gone")
    answer = cancel(world, chat.id)
    assert (answer.status, answer.chatkit.status) == ("ended", "cancelling")
    assert world.counted("ChatCancelsDelayed") == [1]
    world.time.sleep(limits.RETRY_SECONDS)
    assert sweep(world).left == 1
    world.hosted.refuses_cancel = None
    assert sweep(world).settled == 0  # not due again yet
    world.time.sleep(limits.RETRY_SECONDS)
    assert sweep(world).settled == 1
    assert show(world, chat.id).chatkit.status == "cancelled"
    assert world.hosted.live == {}
    assert sweep(world).active == 0


def test_nobody_cancels_upstream_what_has_expired_there(world: ChatWorld, chat: ChatSession) -> None:
    world.hosted.refuses_cancel = UpstreamUnavailable("gone")
    cancel(world, chat.id)
    world.time.sleep(600)
    assert sweep(world).settled == 1
    assert show(world, chat.id).chatkit.status == "expired"
    assert len(world.hosted.cancels) == 1


def test_a_process_that_died_while_opening_leaves_work_for_the_sweep(world: ChatWorld) -> None:
    world.hosted.refuses_open = UpstreamUnavailable("gone")
    lost = world.chats.save
    world.chats.save = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]  # the process dies
    with pytest.raises(KeyboardInterrupt):
        create_chat_session(CreateChatSession.model_validate({"agent_id": "assistant"}), ANN, world)
    world.chats.save = lost  # type: ignore[method-assign]  # another one lives
    assert world.only_chat().upstream.state == "opening"
    world.time.sleep(limits.OPENING_SECONDS)
    assert sweep(world).settled == 1
    chat = world.only_chat()
    assert (chat.status, chat.reason, chat.upstream.state) == ("ended", "failed", "failed")


def test_the_sweep_counts_the_active_and_ends_what_has_run_out(world: ChatWorld, chat: ChatSession) -> None:
    assert sweep(world) == ChatsSwept(settled=0, left=0, active=1)
    world.time.sleep(600)
    assert sweep(world) == ChatsSwept(settled=1, left=0, active=0)
    assert world.counted("ChatSessionsActive") == [1, 0]
    assert world.only_chat().reason == "expired"


def test_an_event_is_kept_and_counted(world: ChatWorld, chat: ChatSession) -> None:
    answer = record(world, chat.id, "button_click", button="buy")
    [event] = world.chats.list_events(chat.id)
    assert (event.id, event.type, event.payload) == (answer.id, "button_click", {"button": "buy"})
    assert world.counted("ChatEvents") == [1]
    assert "buy" not in repr(world.events)


def test_an_event_of_a_new_kind_is_kept_too_but_not_told_apart(world: ChatWorld, chat: ChatSession) -> None:
    record(world, chat.id, "form.submitted")
    assert world.chats.list_events(chat.id)[0].type == "form.submitted"
    assert world.events[-1][1]["event_type"] == "other"


def test_an_escalation_hands_over_to_a_person_and_is_timed_once(world: ChatWorld, chat: ChatSession) -> None:
    world.time.sleep(42)
    assert record(world, chat.id, "hitl_escalation", to="support").holder == "person:support"
    world.time.sleep(5)
    record(world, chat.id, "hitl_escalation", to="supervisor")
    assert world.counted("ChatEscalationSeconds") == [42.0]
    seen = show(world, chat.id)
    assert seen.escalated_at == chat.created_at + timedelta(seconds=42)
    assert [held.holder for held in seen.holdings] == [
        "agent:assistant",
        "person:support",
        "person:supervisor",
    ]
    assert seen.holdings[1].since == seen.escalated_at


def test_a_person_gives_back_to_the_agent_that_was_there(world: ChatWorld, chat: ChatSession) -> None:
    record(world, chat.id, "agent_handover", agent_id="researcher")
    assert record(world, chat.id, "hitl_escalation").holder == "person:anybody"
    assert world.only_chat().answering_agent is None
    assert record(world, chat.id, "hitl_resolved").holder == "agent:researcher"
    assert world.only_chat().answering_agent == "researcher"


def test_a_handover_to_whoever_answers_already_changes_nothing(world: ChatWorld, chat: ChatSession) -> None:
    record(world, chat.id, "agent_handover", agent_id="assistant")
    assert len(show(world, chat.id).holdings) == 1
    assert world.counted("ChatHandovers") == []


def test_a_handover_to_an_unknown_agent_is_refused_and_not_kept(world: ChatWorld, chat: ChatSession) -> None:
    with pytest.raises(UnknownAgent):
        record(world, chat.id, "agent_handover", agent_id="nobody")
    assert world.chats.list_events(chat.id) == ()


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("agent_handover", {}),
        ("agent_handover", {"agent_id": 7}),
        ("hitl_escalation", {"to": ""}),
        ("hitl_escalation", {"to": "x" * 65}),
        ("hitl_escalation", {"to": ["ann"]}),
        ("hitl_escalation", {"to": "a\nb"}),
    ],
)
def test_a_payload_that_cannot_be_acted_on_is_refused(
    world: ChatWorld, chat: ChatSession, kind: str, payload: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest):
        record(world, chat.id, kind, **payload)
    assert world.chats.list_events(chat.id) == ()


def test_a_cancelled_one_takes_no_event(world: ChatWorld, chat: ChatSession) -> None:
    cancel(world, chat.id)
    with pytest.raises(ChatEnded):
        record(world, chat.id, "button_click")


def test_anothers_takes_no_event(world: ChatWorld, chat: ChatSession) -> None:
    with pytest.raises(NotFound):
        record(world, chat.id, "button_click", who=BOB)


def test_a_payload_over_the_limit_is_too_large(chat: ChatSession) -> None:
    fitting = {"a": "x" * (limits.PAYLOAD_BYTES - 10)}
    RecordChatEvent(session_id=chat.id, type="button_click", payload=fitting)
    with pytest.raises(PayloadTooLarge):
        RecordChatEvent(session_id=chat.id, type="button_click", payload={"a": "ü" * limits.PAYLOAD_BYTES})


@pytest.mark.parametrize("kind", ["", "Click", "a b", "x" * 65, "a\n", "1a"])
def test_a_type_that_is_no_name_is_refused(chat: ChatSession, kind: str) -> None:
    with pytest.raises(ValidationError):
        RecordChatEvent(session_id=chat.id, type=kind)
