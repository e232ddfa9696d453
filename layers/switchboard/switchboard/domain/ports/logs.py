"""Where logs are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from switchboard.domain.log import Log, LogPart


class Logs(Protocol):
    """The logs, what was in them, and the summaries of their parts."""

    def find(self, log_id: str) -> Log | None:
        """Return the log, whoever owns it, if there is one."""

    def add(self, log: Log, content: Mapping[str, Any]) -> bool:
        """Keep a log and its content, whole; False if a log of that id is there."""

    def content(self, log_id: str) -> Mapping[str, Any]:
        """Return what was in the log. Raise NotFound."""

    def save(self, log: Log) -> None:
        """Store what has become of a log."""

    def add_part(self, log_id: str, number: int, part: LogPart) -> None:
        """Keep the summary of one part; the same again changes nothing."""

    def list_parts(self, log_id: str) -> tuple[LogPart, ...]:
        """Return the summaries in the log's order."""
