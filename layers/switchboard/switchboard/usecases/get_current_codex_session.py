"""Show the active codex session of a placement and an agent."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.errors import NotFound
from switchboard.domain.ports.chats import CodexSessions
from switchboard.domain.principal import Principal
from switchboard.usecases.chat_payload import AgentId, ChatRequest, Placement
from switchboard.usecases.codex_view import CodexSessionView, codex_view, require_verified


class GetCurrentCodexSession(ChatRequest):
    """Both come as query parameters."""

    placement: Placement
    agent_id: AgentId


class Deps(Protocol):
    """What this use case needs."""

    codex: CodexSessions


def get_current_codex_session(
    request: GetCurrentCodexSession, principal: Principal, deps: Deps
) -> CodexSessionView:
    """Return the active session. Raise NotFound if there is none."""
    owner = require_verified(principal).owner
    session = deps.codex.find_current(owner, request.placement, request.agent_id)
    if session is None:
        raise NotFound("There is no active session for this placement and agent.")
    return codex_view(session)
