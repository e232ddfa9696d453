"""Create a codex session and the chat session that hangs from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from pydantic import Field

from switchboard.domain import chat_limits as limits
from switchboard.domain.agents import Agents
from switchboard.domain.chat_session import ChatSession, Holding, Mode
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.ports.chats import ChatKit, CodexSessions, Journal
from switchboard.domain.ports.surroundings import Clock, Counts, NewId
from switchboard.domain.principal import Principal
from switchboard.usecases.chat_payload import AgentId, ChatRequest, Metadata, Placement
from switchboard.usecases.codex_view import CodexSessionView, codex_view, require_verified
from switchboard.usecases.create_chat_session import new_chat_id


class CreateCodexSession(ChatRequest):
    """`placement` is where in the front end it lives; `context` is kept with it and means nothing to us."""

    placement: Placement
    agent_id: AgentId
    context: Metadata = Field(default_factory=dict)


class Defaults(Protocol):
    """Where chats run: `hosted` upstream, or on the server of our own."""

    @property
    def chatkit_mode(self) -> Mode:
        """The mode of every codex session that is created from now on."""


class Deps(Protocol):
    """What this use case needs."""

    agents: Agents
    codex: CodexSessions
    chatkit: ChatKit
    metrics: Counts
    journal: Journal
    clock: Clock
    new_id: NewId
    settings: Defaults


def create_codex_session(request: CreateCodexSession, principal: Principal, deps: Deps) -> CodexSessionView:
    """Return the new session. The upstream is not asked yet: the first token opens its side, if it has one.

    Raise CodexSessionActive if the user has one for that placement and agent, decided by the table.
    """
    user = require_verified(principal)
    agent = deps.agents.get(request.agent_id)
    mode = deps.settings.chatkit_mode
    if mode == "hosted":
        deps.chatkit.require_configured(agent)
    now = deps.clock()
    expires_at = now + timedelta(seconds=limits.CODEX_SECONDS)
    session_id = deps.new_id("cdx_")
    chat = ChatSession(
        id=new_chat_id(deps.new_id, deps.clock),
        owner=user.owner,
        mode=mode,
        agent_id=agent.id,
        channel="web",
        created_at=now,
        expires_at=expires_at,
        codex_session_id=session_id,
        metadata={"placement": request.placement},
        holdings=(Holding(f"agent:{agent.id}", now),),
    )
    session = CodexSession(
        id=session_id,
        owner=user.owner,
        placement=request.placement,
        agent_id=agent.id,
        chat_id=chat.id,
        created_at=now,
        expires_at=expires_at,
        context=request.context,
    )
    deps.codex.add(session, chat)
    deps.metrics.tell("ChatSessionsCreated", 1, "Count")
    deps.journal(
        "codex.session.created",
        session_id=session.id,
        chat_session_id=chat.id,
        agent_id=agent.id,
        placement=session.placement,
        mode=mode,
    )
    return codex_view(session)
