"""Summary of a log, step 4: keep the summary as a memory if it may be one, and say what became of it."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.gate import tries_to_instruct
from switchboard.domain.log import Log, Outcome
from switchboard.domain.memory import Memories, Memory, Relevance, is_known, memory_id, too_many
from switchboard.domain.ports.logs import Logs
from switchboard.domain.ports.surroundings import Clock, Counts
from switchboard.usecases.load_log import find_log
from switchboard.usecases.payload import Answer, LogId, TaskRequest
from switchboard.usecases.recall import is_user


class KeepMemory(TaskRequest):
    """Names the log."""

    log_id: LogId


class MemoryKept(Answer):
    """What became of the log's summary."""

    log_id: str
    outcome: Outcome


class Deps(Protocol):
    """What this task needs."""

    logs: Logs
    memories: Memories
    relevance: Relevance
    metrics: Counts
    clock: Clock


def keep_memory(request: KeepMemory, deps: Deps) -> MemoryKept:
    """Return what became of the summary. A repeat finds its own memory, and says the same."""
    log = find_log(request.log_id, deps.logs)
    outcome = log.outcome or _keep(log, deps)
    if log.outcome is None:
        deps.logs.save(log.done(outcome))
        deps.metrics.tell("LogsSummarised", 1, "Count")
        if outcome == "tried_to_instruct":
            deps.metrics.tell("MemoriesRefused", 1, "Count")
    return MemoryKept(log_id=log.id, outcome=outcome)


def _keep(log: Log, deps: Deps) -> Outcome:
    if not is_user(log.owner):
        return "not_a_user"
    if deps.memories.opted_out(log.owner):
        return "opted_out"
    if not log.summary:
        return "nothing_to_keep"
    if log.suspicious or tries_to_instruct(log.summary):
        return "tried_to_instruct"
    return _add(log, log.summary, deps)


def _add(log: Log, summary: str, deps: Deps) -> Outcome:
    """Keep the summary unless nearly the same is kept; the oldest go when there are too many."""
    kept = deps.memories.list(log.owner)
    mine = next((memory for memory in kept if memory.log_id == log.id), None)
    if mine is None and is_known(summary, kept):
        return "known"
    if mine is None:
        memory = Memory(
            id=memory_id(log.owner, summary),
            owner=log.owner,
            text=summary,
            created_at=deps.clock(),
            log_id=log.id,
            vector=deps.relevance.mark(summary),
        )
        if not deps.memories.add(memory):
            return "opted_out" if deps.memories.opted_out(log.owner) else "known"
        kept = (memory, *kept)
    for old in too_many(kept):
        deps.memories.remove(log.owner, old.id)
    return "kept"
