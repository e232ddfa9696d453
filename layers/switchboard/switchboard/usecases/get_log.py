"""Show what has become of a log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from switchboard.domain.errors import NotFound
from switchboard.domain.log import Log, Outcome, Status
from switchboard.domain.ports.logs import Logs
from switchboard.domain.principal import Principal
from switchboard.usecases.payload import Answer, LogId, Request


class GetLog(Request):
    """Names the log."""

    log_id: LogId


class LogAnswer(Answer):
    """A log: `received` until its summary is made, or has failed with `error`.

    `outcome` is what became of the summary as a memory. `analytics` has counts and short names, no words;
    like the summary it is null until it is made. `size` counts characters.
    """

    log_id: str
    session_id: str | None
    status: Status
    outcome: Outcome | None
    summary: str | None
    error: str | None
    size: int
    analytics: dict[str, Any] | None
    created_at: datetime

    @classmethod
    def of(cls, log: Log) -> LogAnswer:
        """Return the answer for a log."""
        same = ("session_id", "status", "outcome", "summary", "error", "size")
        return cls(
            log_id=log.id,
            analytics=log.analytics or None,
            created_at=log.received_at,
            **{name: getattr(log, name) for name in same},
        )


class Deps(Protocol):
    """What this use case needs."""

    logs: Logs


def get_log(request: GetLog, principal: Principal, deps: Deps) -> LogAnswer:
    """Return the log. Another's looks like none."""
    log = deps.logs.find(request.log_id)
    if log is None or log.owner != principal.owner:
        raise NotFound("There is no such log.")
    return LogAnswer.of(log)
