"""Show a chat session: our record joined with what is known of the upstream's."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.ports.chats import ChatSessions
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.principal import Principal
from switchboard.usecases.chat_payload import ChatId, ChatRequest
from switchboard.usecases.chat_view import ChatSessionView, view_of


class GetChatSession(ChatRequest):
    """Names the chat session."""

    session_id: ChatId


class Deps(Protocol):
    """What this use case needs."""

    chats: ChatSessions
    clock: Clock


def get_chat_session(request: GetChatSession, principal: Principal, deps: Deps) -> ChatSessionView:
    """Return the chat session. Another's looks like none."""
    return view_of(deps.chats.get(request.session_id, principal.owner), deps.clock())
