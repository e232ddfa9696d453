"""Open a hosted chat session: a record here, a session upstream, and the secret that opens it."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from pydantic import Field

from switchboard.domain import chat_limits as limits
from switchboard.domain.agents import Agents
from switchboard.domain.chat_session import Channel, ChatSession, Holding
from switchboard.domain.ports.chats import ChatKit, ChatSessions, Journal
from switchboard.domain.ports.surroundings import Clock, Counts, NewId
from switchboard.domain.principal import Principal
from switchboard.domain.quota import Quotas
from switchboard.usecases.chat_payload import AgentId, ChatRequest, Metadata, OrgId
from switchboard.usecases.chat_view import ChatSessionView, view_of
from switchboard.usecases.upstream_chat import open_upstream


class CreateChatSession(ChatRequest):
    """`metadata` is kept with the record and means nothing to us."""

    agent_id: AgentId
    channel: Channel = "web"
    org_id: OrgId | None = None
    metadata: Metadata = Field(default_factory=dict)


class Deps(Protocol):
    """What this use case needs."""

    agents: Agents
    chats: ChatSessions
    chatkit: ChatKit
    quotas: Quotas
    metrics: Counts
    journal: Journal
    clock: Clock
    new_id: NewId


def create_chat_session(request: CreateChatSession, principal: Principal, deps: Deps) -> ChatSessionView:
    """Return the new chat session. The record comes first, so that whatever fails later is on record."""
    agent = deps.agents.get(request.agent_id)
    deps.chatkit.require_configured(agent)
    now = deps.clock()
    with deps.quotas.reserved(principal):
        chat = ChatSession(
            id=new_chat_id(deps.new_id, deps.clock),
            owner=principal.owner,
            mode="hosted",
            agent_id=agent.id,
            channel=request.channel,
            created_at=now,
            expires_at=now + timedelta(seconds=limits.UPSTREAM_SECONDS),
            org_id=request.org_id,
            metadata=request.metadata,
            holdings=(Holding(f"agent:{agent.id}", now),),
        ).opening(now)
        deps.chats.add(chat)
        chat, opened = open_upstream(chat, agent, deps)
    deps.metrics.tell("ChatSessionsCreated", 1, "Count")
    deps.journal("chatkit.session.created", chat_session_id=chat.id, agent_id=agent.id, mode=chat.mode)
    return view_of(chat, deps.clock(), opened.client_secret)


def new_chat_id(new_id: NewId, clock: Clock) -> str:
    """Return an id that sorts by time: 48 bits of milliseconds, then 128 random ones."""
    return new_id(f"chat_{int(clock().timestamp() * 1000):012x}")
