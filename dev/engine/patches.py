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


@dataclass(frozen=True)
class Patch:
    """In `module.function` write `new` for `old`, which must occur exactly once."""

    module: str
    function: str
    old: str
    new: str
    reason: str


PATCHES = (
    Patch(
        "ministack.services.stepfunctions",
        "_run_execution",
        "    time.sleep(0.15)\n",
        "",
        "a fixed 150 ms before the first state of every execution, which AWS does not have",
    ),
)


class OutdatedPatch(Exception):
    """The function no longer has the text that the patch replaces."""


def patched_source(patch: Patch) -> str:
    """Return the function's source with the patch applied. Raise OutdatedPatch if it does not fit."""
    function = getattr(importlib.import_module(patch.module), patch.function)
    source = textwrap.dedent(inspect.getsource(function))
    if source.count(patch.old) != 1:
        raise OutdatedPatch(f"{patch.module}.{patch.function}: {patch.reason}")
    return source.replace(patch.old, patch.new)


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
