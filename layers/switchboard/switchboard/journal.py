"""What happened, as structured log events: `codex.session.created` and its kin."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger


class LoggedJournal:
    """Writes one line for each event."""

    def __init__(self) -> None:
        self._log = Logger(service="switchboard")

    def __call__(self, event: str, **facts: Any) -> None:
        """Log the event with its facts: ids and numbers, never words and never a secret."""
        self._log.info(event, extra={"event": event, **facts})
