"""Summary of a log, step 1: count what is in it, and see how many chunks there are to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from switchboard.domain import limits
from switchboard.domain.errors import NotFound
from switchboard.domain.log import Log, analytics_of, bounded, lines_of, merge
from switchboard.domain.ports.logs import Logs
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.redact import redact
from switchboard.domain.talk import Reports, Talk, chunk, quote
from switchboard.domain.transcript import BROWSER
from switchboard.usecases.payload import Answer, LogId, TaskRequest
from switchboard.usecases.read_talk import read_talk
from switchboard.usecases.recall import is_user


class LoadLog(TaskRequest):
    """Names the log."""

    log_id: LogId


class LogLoaded(Answer):
    """`chunks` are their numbers, from 0; there are none of a log that makes no memory."""

    log_id: str
    chunks: list[int]


class Redaction(Protocol):
    """What is taken out of words before a model reads them."""

    redacted: Sequence[str]


class Deps(Protocol):
    """What this task needs."""

    logs: Logs
    transcripts: Transcripts
    reports: Reports
    settings: Redaction


def load_log(request: LoadLog, deps: Deps) -> LogLoaded:
    """Return the chunks. Only a user has memories: of all others a log leaves counts and nothing else."""
    log = find_log(request.log_id, deps.logs)
    content = deps.logs.content(log.id)
    heard = tuple(item for item in _talk(log, deps) if item.source != BROWSER)
    counted = {**analytics_of(content, lines_of(content)), "sideband_items": len(quote(heard))}
    deps.logs.save(log.analysed(_redacted(counted, deps.settings.redacted)))
    chunks = len(read_chunks(log, deps)) if is_user(log.owner) else 0
    return LogLoaded(log_id=log.id, chunks=list(range(chunks)))


def find_log(log_id: str, logs: Logs) -> Log:
    """Return the log. Raise NotFound."""
    log = logs.find(log_id)
    if log is None:
        raise NotFound("There is no such log.")
    return log


def read_chunks(log: Log, deps: Deps) -> list[list[str]]:
    """Return the chunks of a log's lines, merged with what the sideband heard and labelled by source."""
    talk = _talk(log, deps)
    claimed = {item.id for item in talk if item.source == BROWSER}
    merged = merge(lines_of(deps.logs.content(log.id)), quote(talk, claimed=""), claimed)
    lines = bounded(merged, limits.LOG_LINES)
    chunks = chunk([("", line) for line in lines], limits.CHUNK_CHARS)
    if len(chunks) > limits.LOG_CHUNKS:
        half = limits.LOG_CHUNKS // 2
        chunks = chunks[:half] + chunks[-half:]
    return [[line for _, line in each] for each in chunks]


def _talk(log: Log, deps: Deps) -> Talk:
    return read_talk(log.session_id, deps) if log.session_id else ()


def _redacted(counted: dict[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    return {
        name: redact(value, kinds) if isinstance(value, str) else value for name, value in counted.items()
    }
