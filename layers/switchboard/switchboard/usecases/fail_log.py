"""Summary of a log, when a step has failed: the record says so."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import Field

from switchboard.domain.ports.logs import Logs
from switchboard.domain.ports.surroundings import Counts
from switchboard.usecases.load_log import find_log
from switchboard.usecases.payload import Answer, LogId, TaskRequest


class FailLog(TaskRequest):
    """`error` is the name of what went wrong."""

    log_id: LogId
    error: str = Field(max_length=256)


class LogMarkedFailed(Answer):
    """What the log's record says now."""

    log_id: str
    status: Literal["received", "summarised", "failed"]


class Deps(Protocol):
    """What this task needs."""

    logs: Logs
    metrics: Counts


def fail_log(request: FailLog, deps: Deps) -> LogMarkedFailed:
    """Mark the log as failed, unless it has succeeded; its content stays."""
    log = find_log(request.log_id, deps.logs).fail(request.error)
    deps.logs.save(log)
    if log.status == "failed":
        deps.metrics.tell("LogsFailed", 1, "Count")
    return LogMarkedFailed(log_id=log.id, status=log.status)
