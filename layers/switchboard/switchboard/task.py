"""A workflow's state in, a task's answer out; errors keep their class names, which the workflow reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any, get_type_hints

from aws_lambda_powertools import Logger
from pydantic import BaseModel

from switchboard.domain.errors import SwitchboardError
from switchboard.voice import speak_through

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def task(use_case: Callable[..., BaseModel], bootstrap: Callable[[Iterable[str]], Any]) -> Handler:
    """Return the Lambda handler of one step of a workflow."""
    hints = get_type_hints(use_case)
    model: type[BaseModel] = hints["request"]
    log = Logger(service=use_case.__name__)
    speak_through(log)
    deps = bootstrap(get_type_hints(hints["deps"]))

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        started = perf_counter()
        request = model.model_validate(event)
        facts = {key: value for key, value in request if key.endswith("_id")}
        outcome = "crashed"
        try:
            answer = use_case(request, deps).model_dump(mode="json", by_alias=True)
            outcome = "done"
            return answer
        except SwitchboardError as error:
            outcome = error.code
            raise
        finally:
            milliseconds = round((perf_counter() - started) * 1000, 1)
            log.info("task", extra={**facts, "outcome": outcome, "ms": milliseconds})

    return handler
