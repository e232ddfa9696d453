"""Cancel a chat session, here and upstream."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.chat_session import ChatEvent
from switchboard.domain.ports.chats import ChatKit, ChatSessions, Journal
from switchboard.domain.ports.surroundings import Clock, Counts, NewId
from switchboard.domain.principal import Principal
from switchboard.usecases.chat_payload import ChatId, ChatRequest
from switchboard.usecases.chat_view import ChatSessionView, view_of
from switchboard.usecases.upstream_chat import end_chat


class CancelChatSession(ChatRequest):
    """Names the chat session."""

    session_id: ChatId


class Deps(Protocol):
    """What this use case needs."""

    chats: ChatSessions
    chatkit: ChatKit
    metrics: Counts
    journal: Journal
    clock: Clock
    new_id: NewId


def cancel_chat_session(request: CancelChatSession, principal: Principal, deps: Deps) -> ChatSessionView:
    """Return the ended chat session; cancelling it again changes nothing.

    The record ends first, with the audit event, and is what counts. If the upstream cannot be told now,
    `chatkit.status` stays `cancelling` and the sweep repeats it until it is told or its session has expired.
    """
    event = ChatEvent(deps.new_id("evt_"), request.session_id, "session_cancelled", {}, deps.clock())
    chat, cancelled = end_chat(request.session_id, principal.owner, "cancelled", event, deps)
    if cancelled:
        deps.metrics.tell("ChatSessionsCancelled", 1, "Count")
        deps.journal("chatkit.session.cancelled", chat_session_id=chat.id, upstream_state=chat.upstream.state)
    return view_of(chat, deps.clock())
