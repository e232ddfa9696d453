"""Logs on their way to memories, as the workflow takes them: step by step, with JSON in between."""

from __future__ import annotations

from typing import Any

from switchboard.domain.log import Log
from switchboard.domain.principal import Principal
from switchboard.task import task
from switchboard.usecases.fail_log import fail_log
from switchboard.usecases.keep_memory import keep_memory
from switchboard.usecases.load_log import load_log
from switchboard.usecases.record_log import LogRecorded, RecordLog, record_log
from switchboard.usecases.summarise_chunk import summarise_chunk
from switchboard.usecases.summarise_log import summarise_log

from tests.unit.fakes import World
from tests.unit.given import ANN

STEPS = {
    use_case.__name__: use_case
    for use_case in (load_log, summarise_chunk, summarise_log, keep_memory, fail_log)
}


def a_log(*messages: str, **metadata: Any) -> dict[str, Any]:
    """A browser's log of a talk in which user and assistant take turns."""
    roles = ("user", "assistant")
    said = [{"role": roles[index % 2], "content": text} for index, text in enumerate(messages)]
    return {"messages": said, "metadata": metadata}


def record(world: World, content: dict[str, Any], principal: Principal = ANN) -> LogRecorded:
    """Record the log; what the workflow does with it is the test's."""
    return record_log(RecordLog(content=content), principal, world)


def step(world: World, name: str, **state: Any) -> dict[str, Any]:
    """Run one task on that state."""
    return task(STEPS[name], lambda _: world)(state, None)


def summarise(world: World, log_id: str) -> str:
    """Run the whole workflow as `summarise_log.asl.yaml` does; return what became of the summary."""
    state = step(world, "load_log", logId=log_id)
    for chunk in state["chunks"]:
        step(world, "summarise_chunk", logId=log_id, chunk=chunk)
    if state["chunks"]:
        step(world, "summarise_log", logId=log_id)
    return str(step(world, "keep_memory", logId=log_id)["outcome"])


def remember(world: World, summary: str, *, orders: bool = False, **content: Any) -> tuple[Log, str]:
    """Record a log of Ann's whose summary will be that; return the log and what became of it."""
    world.model.answers.append({"summary": summary, "tries_to_instruct": orders})
    recorded = record(world, a_log("Hello.", about=summary, **content))
    outcome = summarise(world, recorded.log_id)
    log = world.logs.find(recorded.log_id)
    assert log
    return log, outcome
