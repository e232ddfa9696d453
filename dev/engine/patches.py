"""Mend the pinned ministack where it is slower than AWS or differs from it.

Each patch replaces a text in one function's source; if the text is gone, upstream has changed that
function and the patch must be looked at again (a test of each tells so).
"""

from __future__ import annotations

import http.server
import importlib
import inspect
import textwrap
from dataclasses import dataclass
from typing import Any

from dev.engine import limits

_STATES = "ministack.services.stepfunctions"


@dataclass(frozen=True)
class Patch:
    """In `module.function` write `new` for each `old`, every one of which must occur exactly once."""

    module: str
    function: str
    replacements: tuple[tuple[str, str], ...]
    reason: str


PATCHES = (
    Patch(
        _STATES,
        "_run_execution",
        (
            ("    time.sleep(0.15)\n", ""),
            (
                "current_input = _apply_output_path(state_def, current_input, ctx)\n",
                "current_input = _apply_output_path(state_def, current_input, ctx)\n"
                "                if _state_query_language(state_def, ctx) == 'JSONata':\n"
                "                    current_input = _apply_jsonata_output(\n"
                "                        state_def, current_input, ctx, default=current_input)\n",
            ),
        ),
        "150 ms before the first state of every execution; JSONata `Output` on Succeed is ignored",
    ),
    Patch(
        _STATES,
        "_run_parallel_branches",
        (
            (
                "    effective = _apply_parameters(state_def, effective, ctx)\n",
                "    jsonata = _state_query_language(state_def, ctx) == 'JSONata'\n"
                "    effective = (_apply_jsonata_arguments(state_def, raw_input, ctx) if jsonata\n"
                "                 else _apply_parameters(state_def, effective, ctx))\n",
            ),
            (
                "    result = _apply_result_selector(state_def, results)\n",
                "    if jsonata:\n"
                "        output = _apply_jsonata_output(\n"
                "            state_def, raw_input, ctx, result=results, default=results)\n"
                "        _apply_state_assign(state_def, raw_input, ctx, result=results)\n"
                "        return output, _next_or_end(state_def)\n"
                "    result = _apply_result_selector(state_def, results)\n",
            ),
        ),
        "JSONata `Arguments`, `Output` and `Assign` on Parallel are ignored",
    ),
    Patch(
        _STATES,
        "_start_execution",
        (
            (
                "    if exec_arn in _executions:\n",
                "    running = _executions.get(exec_arn)\n"
                "    if (running and running['status'] == 'RUNNING'\n"
                "            and running['input'] == data.get('input', '{}')):\n"
                "        return json_response(\n"
                "            {'executionArn': exec_arn, 'startDate': running['startDate']})\n"
                "    if exec_arn in _executions:\n",
            ),
        ),
        "the same name and input again, while it runs, must answer with the running execution",
    ),
    Patch(
        _STATES,
        "_start_sync_execution",
        (('execution.get("output") or "{}"', 'execution.get("output")'),),
        "a failed synchronous execution has no output either",
    ),
    Patch(
        _STATES,
        "_fail_execution",
        (('    execution["output"] = json.dumps({"Error": error, "Cause": cause})\n', ""),),
        "a failed execution has an error and a cause, and no output",
    ),
    Patch(
        "ministack.services.apigateway_v1",
        "_invoke_lambda_proxy_v1",
        (('json.dumps({"message": err})', 'json.dumps({"message": "Internal server error"})'),),
        "a function's unhandled error shows its stack to the client",
    ),
)


class OutdatedPatch(Exception):
    """The function no longer has the text that the patch replaces."""


def patched_source(patch: Patch) -> str:
    """Return the function's source with the patch applied. Raise OutdatedPatch if it does not fit."""
    function = getattr(importlib.import_module(patch.module), patch.function)
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in patch.replacements:
        if source.count(old) != 1:
            raise OutdatedPatch(f"{patch.module}.{patch.function} has changed: {patch.reason}")
        source = source.replace(old, new)
    return source


def apply_all() -> None:
    """Apply every patch to this process, before the engine starts to serve."""
    for patch in PATCHES:
        module = importlib.import_module(patch.module)
        exec(compile(patched_source(patch), f"<patched {patch.function}>", "exec"), vars(module))
    # Nagle's algorithm and the client's delayed ACK add 40 ms to each answer of the Lambda Runtime API.
    http.server.BaseHTTPRequestHandler.disable_nagle_algorithm = True
    _shorten_log_drain()


def _shorten_log_drain() -> None:
    """Take the 50 ms wait for a silent function's stderr off every invocation."""
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    drain = runtime.Worker._drain_stderr_bounded
    _, _, hard_cap = drain.__defaults__
    drain.__defaults__ = (limits.LOG_DRAIN_FIRST_LINE_S, limits.LOG_DRAIN_IDLE_S, hard_cap)
