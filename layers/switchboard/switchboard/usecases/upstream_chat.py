"""Open and cancel the upstream's side of a chat session so that neither side is left with an orphan."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from switchboard.domain.agents import Agent
from switchboard.domain.chat_session import ChatEvent, ChatSession, UpstreamChat
from switchboard.domain.errors import SwitchboardError, UpstreamError
from switchboard.domain.ports.chats import ChatKit, ChatSessions, Journal, OpenedChat
from switchboard.domain.ports.surroundings import Clock, Counts
from switchboard.domain.principal import safety_identifier
from switchboard.usecases.changing import insist


class Deps(Protocol):
    """What these steps need."""

    chats: ChatSessions
    chatkit: ChatKit
    metrics: Counts
    journal: Journal
    clock: Clock


def open_upstream(
    chat: ChatSession, agent: Agent, deps: Deps, keep: Callable[[OpenedChat], str] | None = None
) -> tuple[ChatSession, OpenedChat]:
    """Return the chat session with a fresh session upstream. `chat` is stored as `opening` already.

    `keep` stores the secret and returns what names it. Raise an UpstreamError, with nothing left upstream
    that we know of: a session whose id was lost on its way expires by itself, and nobody holds its secret.
    A process that dies here leaves the record in `opening`, where the sweep finds it.
    """
    try:
        opened = deps.chatkit.open(agent, safety_identifier(chat.owner))
    except UpstreamError:
        _keep_failure(chat, deps)
        raise
    try:
        secret_id = keep(opened) if keep else None
        upstream = UpstreamChat("active", deps.clock(), opened.id, opened.expires_at, secret_id)
        saved = insist(lambda: deps.chats.save(deps.chats.get(chat.id, chat.owner).opened(upstream)))
    except SwitchboardError:
        _take_back(chat, opened, deps)
        raise
    return (cancel_upstream(saved, deps) if saved.status == "ended" else saved), opened


def _keep_failure(chat: ChatSession, deps: Deps) -> None:
    """Record that opening failed; a chat session that has nothing else to live for ends with it."""
    now = deps.clock()

    def fail() -> ChatSession:
        settled = deps.chats.get(chat.id, chat.owner).settled("failed", now)
        return deps.chats.save(settled if chat.codex_session_id else settled.end(now, "failed"))

    with suppress(SwitchboardError):  # then it stays in `opening` until the sweep comes by
        insist(fail)


def _take_back(chat: ChatSession, opened: OpenedChat, deps: Deps) -> None:
    """Cancel a session that could not be recorded; if that fails too, say so: it expires within minutes."""
    try:
        deps.chatkit.cancel(opened.id)
    except UpstreamError:
        deps.metrics.tell("ChatSessionsOrphaned", 1, "Count")
        deps.journal("chatkit.session.orphaned", chat_session_id=chat.id, upstream_id=opened.id)


def end_chat(
    chat_id: str, owner: str, reason: str, event: ChatEvent | None, deps: Deps
) -> tuple[ChatSession, bool]:
    """Return the ended chat session, and whether this ended it. The upstream is told after the record."""

    def change() -> tuple[ChatSession, bool]:
        seen = deps.chats.get(chat_id, owner).seen_at(deps.clock())
        ended = seen.end(deps.clock(), reason)
        return (seen, False) if ended is seen else (deps.chats.save(ended, event), True)

    chat, changed = insist(change)
    return cancel_upstream(chat, deps), changed


def cancel_upstream(chat: ChatSession, deps: Deps) -> ChatSession:
    """Cancel what lives upstream, if anything does, and take note. What fails is the sweep's to repeat."""
    now = deps.clock()
    state = chat.upstream.seen_at(now)
    if chat.upstream.state != "cancelling" or chat.upstream.id is None:
        return chat
    if state == "cancelling":
        try:
            deps.chatkit.cancel(chat.upstream.id)
            state = "cancelled"
        except UpstreamError:
            deps.metrics.tell("ChatCancelsDelayed", 1, "Count")
    return _note(chat, chat.settled(state, now), deps, now)


def _note(chat: ChatSession, settled: ChatSession, deps: Deps, now: datetime) -> ChatSession:
    """Store what became of it; the sweep looks again if that does not succeed."""
    try:
        return deps.chats.save(settled)
    except SwitchboardError:
        return chat
