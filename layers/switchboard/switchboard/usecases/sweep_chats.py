"""Every minute: end what has run out, repeat what the upstream was not told, count what is active."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from switchboard.domain import chat_limits as limits
from switchboard.domain.chat_session import ChatSession
from switchboard.domain.errors import SwitchboardError
from switchboard.domain.ports.chats import ChatKit, ChatSessions, Journal
from switchboard.domain.ports.surroundings import Clock, Counts
from switchboard.usecases.chat_payload import ChatAnswer
from switchboard.usecases.payload import TaskRequest
from switchboard.usecases.upstream_chat import cancel_upstream


class SweepChats(TaskRequest):
    """The schedule says nothing that matters."""


class ChatsSwept(ChatAnswer):
    """How many were looked at, how many of these could not be settled, and how many are active."""

    settled: int
    left: int
    active: int


class Deps(Protocol):
    """What this use case needs."""

    chats: ChatSessions
    chatkit: ChatKit
    metrics: Counts
    journal: Journal
    clock: Clock


def sweep_chats(request: SweepChats, deps: Deps) -> ChatsSwept:
    """Return what was done. One that fails does not keep the others waiting; it is due again."""
    now = deps.clock()
    stop = now + timedelta(seconds=limits.SWEEP_BUDGET_SECONDS)
    settled = left = 0
    for chat in deps.chats.list_due(now, limits.SWEEP_ROWS):
        if deps.clock() > stop:
            break
        try:
            after = _settle(chat, deps)
        except SwitchboardError:  # changed just now, or the table is busy
            left += 1
            continue
        pending = after.upstream.state == "cancelling"
        settled, left = settled + (not pending), left + pending
    active = deps.chats.count_active()
    deps.metrics.tell("ChatSessionsActive", active, "Count")
    if left:
        deps.metrics.tell("ChatSessionsUnsettled", left, "Count")
    return ChatsSwept(settled=settled, left=left, active=active)


def _settle(seen: ChatSession, deps: Deps) -> ChatSession:
    now = deps.clock()
    chat = seen
    if chat.upstream.state == "opening":
        chat = chat.settled("failed", now)
        chat = chat if chat.codex_session_id else chat.end(now, "failed")
    if chat.status == "active" and chat.expires_at <= now:
        chat = chat.end(now, "expired")
    if chat is not seen:
        chat = deps.chats.save(chat)
        deps.journal("chatkit.session.settled", chat_session_id=chat.id, reason=chat.reason)
    return cancel_upstream(chat, deps)
