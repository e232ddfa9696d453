"""Record what happened in a chat session; some events hand it over to another agent or to a person."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import Field

from switchboard.domain import chat_limits
from switchboard.domain.agents import Agents
from switchboard.domain.chat_session import KNOWN_EVENTS, ChatEvent, ChatSession
from switchboard.domain.errors import wrong
from switchboard.domain.ports.chats import ChatSessions, Journal
from switchboard.domain.ports.surroundings import Clock, Counts, NewId
from switchboard.domain.principal import Principal
from switchboard.usecases.changing import insist
from switchboard.usecases.chat_payload import ChatAnswer, ChatId, ChatRequest, EventType, Payload

ANYBODY = "anybody"
"""Who a chat session is escalated to, if the event does not say."""


class RecordChatEvent(ChatRequest):
    """`payload` is kept as it is. `agent_handover` names an `agent_id`, `hitl_escalation` may name `to`."""

    session_id: ChatId
    type: EventType
    payload: Payload = Field(default_factory=dict)


class ChatEventRecorded(ChatAnswer):
    """The event's id, and who answers since."""

    id: str
    session_id: str
    type: str
    status: str = "recorded"
    holder: str


class Deps(Protocol):
    """What this use case needs."""

    agents: Agents
    chats: ChatSessions
    metrics: Counts
    journal: Journal
    clock: Clock
    new_id: NewId


def record_chat_event(request: RecordChatEvent, principal: Principal, deps: Deps) -> ChatEventRecorded:
    """Return the recorded event. A chat session that has ended takes none."""
    now = deps.clock()
    event = ChatEvent(deps.new_id("evt_"), request.session_id, request.type, request.payload, now)
    before, chat = insist(lambda: _record(event, principal.owner, deps))
    known = request.type if request.type in KNOWN_EVENTS else "other"
    deps.metrics.tell("ChatEvents", 1, "Count")
    if chat.escalated_at and not before.escalated_at:
        waited = (chat.escalated_at - chat.created_at).total_seconds()
        deps.metrics.tell("ChatEscalationSeconds", round(waited, 3), "Seconds")
    if chat.holder != before.holder:
        deps.metrics.tell("ChatHandovers", 1, "Count")
    deps.journal(
        "chatkit.event.recorded",
        chat_session_id=chat.id,
        event_id=event.id,
        event_type=known,
        holder_changed=chat.holder != before.holder,
    )
    return ChatEventRecorded(id=event.id, session_id=chat.id, type=event.type, holder=chat.holder)


def _record(event: ChatEvent, owner: str, deps: Deps) -> tuple[ChatSession, ChatSession]:
    """Store the event, with what it changes; return the chat session before and after."""
    seen = deps.chats.get(event.session_id, owner).require_active(event.created_at)
    chat = _changed(seen, event, deps)
    if chat is seen:
        deps.chats.add_event(seen, event)
        return seen, seen
    return seen, deps.chats.save(chat, event)


def _changed(chat: ChatSession, event: ChatEvent, deps: Deps) -> ChatSession:
    match event.type:
        case "hitl_escalation":
            return chat.escalate(_who(event.payload), event.created_at, event.id)
        case "hitl_resolved":
            return chat.take_back(event.created_at, event.id)
        case "agent_handover":
            agent_id = event.payload.get("agent_id")
            if not isinstance(agent_id, str):
                raise wrong("payload.agent_id", "must name an agent")
            return chat.hand_over(f"agent:{deps.agents.get(agent_id).id}", event.created_at, event.id)
    return chat


def _who(payload: dict[str, Any]) -> str:
    who = payload.get("to", ANYBODY)
    if not isinstance(who, str) or not 0 < len(who) <= chat_limits.WHO_CHARS or not who.isprintable():
        raise wrong("payload.to", f"must be a name of at most {chat_limits.WHO_CHARS} characters")
    return who
