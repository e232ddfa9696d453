"""Close a codex session: its tokens die, its chat session ends, its place is free."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.chat_session import ChatEvent
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.errors import NotFound
from switchboard.domain.ports.chats import ChatKit, ChatSessions, CodexSessions, Journal
from switchboard.domain.ports.surroundings import Clock, Counts, NewId
from switchboard.domain.principal import Principal
from switchboard.usecases.changing import insist
from switchboard.usecases.codex_view import CodexSessionView, NamesCodexSession, codex_view, require_verified
from switchboard.usecases.upstream_chat import end_chat


class Deps(Protocol):
    """What this use case needs."""

    codex: CodexSessions
    chats: ChatSessions
    chatkit: ChatKit
    metrics: Counts
    journal: Journal
    clock: Clock
    new_id: NewId


def close_codex_session(request: NamesCodexSession, principal: Principal, deps: Deps) -> CodexSessionView:
    """Return the closed session. Closing it again changes nothing, and repeats what was left undone."""
    return codex_view(close(request.session_id, require_verified(principal).owner, deps))


def close(session_id: str, owner: str, deps: Deps) -> CodexSession:
    """Return the session, closed: first the record, which is what counts, then the chat session beneath."""

    def change() -> tuple[CodexSession, bool]:
        seen = deps.codex.get(session_id, owner)
        closed = seen.close(deps.clock())
        return (seen, False) if closed is seen else (deps.codex.close(closed), True)

    session, changed = insist(change)
    event = ChatEvent(deps.new_id("evt_"), session.chat_id, "session_closed", {}, deps.clock())
    try:
        _, ended = end_chat(session.chat_id, owner, "closed", event, deps)
    except NotFound:  # its record has outlived the time for which such are kept
        ended = False
    if ended:
        deps.metrics.tell("ChatSessionsClosed", 1, "Count")
    if changed:
        deps.journal("codex.session.closed", session_id=session.id, chat_session_id=session.chat_id)
    return session
