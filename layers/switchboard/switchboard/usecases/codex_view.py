"""A codex session as callers see it, and who may have one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from switchboard.domain.codex_session import CodexSession, CodexStatus
from switchboard.domain.errors import EmailNotVerified, Forbidden, Unauthorized
from switchboard.domain.principal import Guest, Principal, User
from switchboard.usecases.chat_payload import ChatAnswer, ChatRequest, CodexId


class NamesCodexSession(ChatRequest):
    """Names the codex session."""

    session_id: CodexId


class CodexSessionView(ChatAnswer):
    """The session. `metadata` has its context, its chat session, and when it ends by itself."""

    session_id: str
    status: CodexStatus
    placement: str
    agent_id: str
    created_at: datetime
    metadata: dict[str, Any]


def codex_view(session: CodexSession) -> CodexSessionView:
    """Return the answer for a codex session."""
    return CodexSessionView(
        session_id=session.id,
        status=session.status,
        placement=session.placement,
        agent_id=session.agent_id,
        created_at=session.created_at,
        metadata={
            "context": session.context,
            "chat_session_id": session.chat_id,
            "expires_at": session.expires_at,
            "closed_at": session.closed_at,
        },
    )


def require_verified(principal: Principal) -> User:
    """Return the user. Raise Unauthorized for a guest, Forbidden for a service, EmailNotVerified.

    A token that does not say that the address is verified is taken for one that says it is not.
    """
    if isinstance(principal, Guest):
        raise Unauthorized("Sign in first.")
    if not isinstance(principal, User):
        raise Forbidden("Only users have codex sessions.")
    if principal.email_verified is not True:
        raise EmailNotVerified("Verify your e-mail address first.")
    return principal
