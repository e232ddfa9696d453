"""Codex sessions that tests begin with."""

from __future__ import annotations

from typing import Any

from switchboard.domain.principal import Principal
from switchboard.usecases.codex_view import CodexSessionView, NamesCodexSession
from switchboard.usecases.create_codex_session import CreateCodexSession, create_codex_session
from switchboard.usecases.issue_chat_token import ChatTokenIssued, issue_chat_token

from tests.unit.chat_world import ANN, ChatWorld

KEY = {"placement": "sidebar", "agent_id": "assistant"}


def create(world: ChatWorld, who: Principal = ANN, **fields: Any) -> CodexSessionView:
    return create_codex_session(CreateCodexSession.model_validate({**KEY, **fields}), who, world)


def names(session: CodexSessionView) -> NamesCodexSession:
    return NamesCodexSession(session_id=session.session_id)


def token(world: ChatWorld, session: CodexSessionView, who: Principal = ANN) -> ChatTokenIssued:
    return issue_chat_token(names(session), who, world)
