"""Summary of a log, step 3: make one summary of those of its chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from switchboard.domain.log import LogPart
from switchboard.domain.ports.logs import Logs
from switchboard.domain.ports.models import Responses
from switchboard.usecases.load_log import find_log
from switchboard.usecases.payload import Answer, LogId, TaskRequest
from switchboard.usecases.summarise_chunk import summary_of


class SummariseLog(TaskRequest):
    """Names the log."""

    log_id: LogId


class LogSummarised(Answer):
    """How many chunks the summary rests on."""

    log_id: str
    parts: int


class Redaction(Protocol):
    """What is taken out of words before anybody keeps them."""

    redacted: Sequence[str]


class Deps(Protocol):
    """What this task needs."""

    logs: Logs
    responses: Responses
    settings: Redaction


def summarise_log(request: SummariseLog, deps: Deps) -> LogSummarised:
    """Return how many chunks were joined, after keeping the summary; one bad chunk spoils all of it."""
    log = find_log(request.log_id, deps.logs)
    parts = deps.logs.list_parts(log.id)
    told = [part for part in parts if part.summary]
    if not told:
        whole = LogPart("", False)
    elif len(told) == 1:
        whole = told[0]
    else:
        whole = summary_of("\n".join(f"[sideband] {part.summary}" for part in told), deps)
    suspicious = whole.suspicious or any(part.suspicious for part in parts)
    deps.logs.save(log.digested(whole.summary, suspicious=suspicious))
    return LogSummarised(log_id=log.id, parts=len(parts))
