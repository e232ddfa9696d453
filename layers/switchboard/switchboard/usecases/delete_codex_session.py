"""Tear a codex session down: close it, and forget it with what was said in it."""

from __future__ import annotations

from typing import Literal, Protocol

from switchboard.domain import chat_limits as limits
from switchboard.domain.ports.chats import (
    ChatKit,
    ChatSessions,
    CodexSessions,
    Journal,
    Scope,
    Threads,
)
from switchboard.domain.ports.surroundings import Clock, Counts, NewId
from switchboard.domain.principal import Principal
from switchboard.usecases.chat_payload import ChatAnswer
from switchboard.usecases.close_codex_session import close
from switchboard.usecases.codex_view import NamesCodexSession, require_verified


class CodexSessionDeleted(ChatAnswer):
    """The session is gone."""

    session_id: str
    status: Literal["deleted"] = "deleted"


class Deps(Protocol):
    """What this use case needs."""

    codex: CodexSessions
    chats: ChatSessions
    chatkit: ChatKit
    threads: Threads
    metrics: Counts
    journal: Journal
    clock: Clock
    new_id: NewId


def delete_codex_session(request: NamesCodexSession, principal: Principal, deps: Deps) -> CodexSessionDeleted:
    """Return that it is gone. The record goes last: whoever is interrupted may ask again.

    Its chat session stays in the audit, ended, without a word of what was said.
    """
    session = close(request.session_id, require_verified(principal).owner, deps)
    forgotten = _forget(Scope(session.owner, session.placement), session.chat_id, deps)
    deps.codex.remove(session)
    deps.journal("codex.session.deleted", session_id=session.id, threads=forgotten)
    return CodexSessionDeleted(session_id=session.id)


def _forget(scope: Scope, chat_id: str, deps: Deps) -> int:
    """Remove the threads that began in that chat session; return how many."""
    after, more, forgotten = None, True, 0
    while more:
        threads, more = deps.threads.list(scope, after, limits.THREAD_PAGE_MAX, newest_first=True)
        theirs = [thread for thread in threads if thread.facts.get("session_id") == chat_id]
        for thread in theirs:
            deps.threads.remove(scope, thread.id)
        forgotten += len(theirs)
        kept = [thread for thread in threads if thread not in theirs]
        after = kept[-1].id if kept else after
    return forgotten
