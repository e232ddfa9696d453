"""Each mend of the pinned engine still fits it; a failure here says that upstream has changed the place."""

from __future__ import annotations

import http.server
import importlib
import inspect
from typing import Any

import pytest

from dev.engine import patches


@pytest.mark.parametrize("patch", patches.PATCHES, ids=lambda patch: patch.function)
def test_a_patch_still_finds_what_it_replaces(patch: patches.Patch) -> None:
    compile(patches.patched_source(patch), patch.function, "exec")


def test_a_patch_whose_place_is_gone_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = patches.Patch(
        "ministack.services.stepfunctions", "_run_execution", (("not there", ""),), "a reason"
    )
    with pytest.raises(patches.OutdatedPatch, match="_run_execution has changed: a reason"):
        patches.patched_source(lost)


def test_the_runtime_api_still_leaves_nagles_algorithm_on() -> None:
    assert http.server.BaseHTTPRequestHandler.disable_nagle_algorithm is False


def test_the_engine_still_waits_for_a_silent_functions_log() -> None:
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    waits = inspect.signature(runtime.Worker._drain_stderr_bounded).parameters
    assert waits["first_line_wait"].default == 0.05
    assert waits["idle_confirm"].default == 0.005
