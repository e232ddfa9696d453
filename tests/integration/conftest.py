"""Two local stacks: `probe`, the engine's own sample, and `stack`, the real template with its upstream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from dev.engine.stack import LocalStack

Value = TypeVar("Value")

PROBE = Path(__file__).parent / "probe"
EVENTUALLY_S = 20.0
"""Far more than any delivery here takes, for machines that are busy with something else."""


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Run the sample template of `probe/`, with one stand-in for a sideband host."""
    lines: list[tuple[str, str]] = []
    stack = LocalStack(
        state_dir=tmp_path_factory.mktemp("probe"),
        project=PROBE,
        simulator=False,
        sideband_hosts=1,
        sink=lambda name, line: lines.append((name, line)),
    )
    with stack:
        yield stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Run the real template with the upstream simulator and one sideband host."""
    with LocalStack(state_dir=tmp_path_factory.mktemp("switchboard"), sideband_hosts=1) as running:
        yield running


def eventually(look: Callable[[], Value | None]) -> Value:
    """Return what `look` gives once it gives something true. Fail when the time is up."""
    deadline = time.monotonic() + EVENTUALLY_S
    while not (seen := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return seen
