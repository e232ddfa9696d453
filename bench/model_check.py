"""Explore histories of hosts, calls and crashes in leaps of time, and tell how many there were."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.processes import PATHS, ROOT

HISTORIES, QUICK_HISTORIES = 300, 30
STRIDE, QUICK_STRIDE = 4, 60
"""Every so manieth turn of the event loop a host dies in."""


def run(*, quick: bool = False, only: str | None = None) -> None:
    """Explore in a process of its own. Raise CalledProcessError if a history breaks a promise."""
    histories, stride = (QUICK_HISTORIES, QUICK_STRIDE) if quick else (HISTORIES, STRIDE)
    subprocess.run(
        [sys.executable, "-m", "tests.unit.sideband_crashes", str(histories), str(stride)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(PATHS), "PYTHONHASHSEED": "0"},
        cwd=ROOT,
        check=True,
    )
