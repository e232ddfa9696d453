"""The codex session: what a verified user has open in one place with one agent, a chat session beneath it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

CodexStatus = Literal["active", "closed"]


@dataclass(frozen=True, slots=True)
class CodexSession:
    """One codex session. A user has at most one active one for a placement and an agent.

    Once `expires_at` has passed it is gone, like one that never was.
    """

    id: str
    owner: str
    placement: str
    agent_id: str
    chat_id: str
    created_at: datetime
    expires_at: datetime
    context: dict[str, Any] = field(default_factory=dict)
    status: CodexStatus = "active"
    closed_at: datetime | None = None
    version: int = 1

    def close(self, now: datetime) -> CodexSession:
        """Be closed; the same again changes nothing."""
        return replace(self, status="closed", closed_at=now) if self.status == "active" else self
