"""List a user's chat sessions, newest first."""

from __future__ import annotations

from typing import Protocol

from pydantic import Field

from switchboard.domain import chat_limits as limits
from switchboard.domain.ports.chats import ChatSessions
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.principal import Principal
from switchboard.usecases.chat_payload import ChatAnswer, ChatRequest, Limit
from switchboard.usecases.chat_view import ChatSessionView, view_of
from switchboard.usecases.codex_view import require_verified


class ListChatSessions(ChatRequest):
    """`cursor` is what the last page named; both come as query parameters."""

    cursor: str | None = Field(default=None, max_length=512)
    limit: Limit = limits.PAGE_DEFAULT


class ChatSessionsAnswer(ChatAnswer):
    """A page; `cursor` is null on the last."""

    sessions: list[ChatSessionView]
    cursor: str | None


class Deps(Protocol):
    """What this use case needs."""

    chats: ChatSessions
    clock: Clock


def list_chat_sessions(request: ListChatSessions, principal: Principal, deps: Deps) -> ChatSessionsAnswer:
    """Return a page of the user's own."""
    page = deps.chats.list(require_verified(principal).owner, request.cursor, request.limit)
    now = deps.clock()
    return ChatSessionsAnswer(sessions=[view_of(chat, now) for chat in page.items], cursor=page.cursor)
