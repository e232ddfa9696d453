"""What happened to a session besides talk, for whoever looks later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One event, such as `config.reasserted`; `facts` are ids, names and numbers, never words spoken."""

    at: datetime
    event: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Audits(Protocol):
    """The audit of every session."""

    def add(self, session_id: str, entry: AuditEntry) -> None:
        """Keep the entry as long as a session is kept."""

    def list(self, session_id: str, limit: int) -> tuple[AuditEntry, ...]:
        """Return the newest `limit` entries, oldest first."""
