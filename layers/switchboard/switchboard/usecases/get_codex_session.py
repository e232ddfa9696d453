"""Show a codex session."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.ports.chats import CodexSessions
from switchboard.domain.principal import Principal
from switchboard.usecases.codex_view import CodexSessionView, NamesCodexSession, codex_view, require_verified


class Deps(Protocol):
    """What this use case needs."""

    codex: CodexSessions


def get_codex_session(request: NamesCodexSession, principal: Principal, deps: Deps) -> CodexSessionView:
    """Return the session, closed or not. Another's, and one past its time, look like none."""
    return codex_view(deps.codex.get(request.session_id, require_verified(principal).owner))
